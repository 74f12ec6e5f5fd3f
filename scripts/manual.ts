/** The text of docs/cli.md, generated from the list of commands. `scripts/cli-docs.mjs` writes it. */
import type { Command, Flag } from "../lib/cli/command";
import { CONFIG_NAMES } from "../lib/cli/config";
import { EXIT_MEANING } from "../lib/cli/exit";
import { reach } from "../lib/cli/flags";
import { JSON_VERSION } from "../lib/cli/output";

export function manual(commands: Command[]): string {
  const common = new Set(reach.map(({ flags }) => flags));
  return [
    `# routesync on the command line

<!-- Made by scripts/cli-docs.mjs from lib/cli: change it there. -->

\`\`\`text
npx routesync <command> [options]
\`\`\`

${rows(
  ["command", "does"],
  commands.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
)}`,
    CONFIGURATION,
    `## Common options\n\nAll commands that call a store take these.\n\n${options(reach)}`,
    OUTPUT,
    `## Exit codes\n\n${rows(
      ["code", "means"],
      Object.entries(EXIT_MEANING).map(([code, meaning]) => [code, meaning]),
    )}\n\n${CTRL_C}`,
    JSON_FORM,
    "## Commands",
    ...commands.map((command) => chapter(command, common)),
  ].join("\n\n");
}

function chapter(
  { name, args = [], details, flags, examples, result }: Command,
  common: Set<string>,
): string {
  const words = args.map((arg) => (arg.optional ? `[${arg.name}]` : `<${arg.name}>`));
  const own = flags.filter((flag) => !common.has(flag.flags));
  const shared = own.length < flags.length && flags.length - own.length === common.size;
  const listed = shared ? own : flags;
  return [
    `### ${name}`,
    `\`\`\`text\n${["routesync", name, ...words, "[options]"].join(" ")}\n\`\`\``,
    details,
    args.length > 0 &&
      rows(
        ["argument", "is"],
        args.map((arg) => [`\`${arg.name}\``, arg.text + choices(arg.choices)]),
      ),
    listed.length > 0 && options(listed),
    shared && "And the [common options](#common-options).",
    `\`result\` under \`--json\`: ${result}.`,
    `\`\`\`sh no-run\n${examples.map(({ text, line }) => `# ${text}\n${line}`).join("\n")}\n\`\`\``,
  ]
    .filter((part) => typeof part === "string")
    .join("\n\n");
}

function options(flags: Flag[]): string {
  const lines = flags.map(({ flags: spelt, text, choices: values, env, fallback, many }) => [
    `\`${spelt}\``,
    `${text}${choices(values)}${many ? "; may be given several times" : ""}`,
    env ? `\`${env}\`` : "",
    fallback ?? "",
  ]);
  return rows(["option", "does", "variable", "default"], lines);
}

function choices(values: string[] | undefined): string {
  return values ? `: ${values.map((value) => `\`${value}\``).join(", ")}` : "";
}

function rows(head: string[], lines: string[][]): string {
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...lines.map(row)].join("\n");
}

const CONFIGURATION = `## Configuration

The command reads the nearest of ${CONFIG_NAMES.map((name) => `\`${name}\``).join(", ")} at or above the working directory, or
the file of \`--config\`. The file exports the options of \`syncRoutes\`, except \`signal\` and \`onProgress\`, or a function of
\`{ stage, env }\` that returns them or a promise of them. A flag overrides an environment variable, and both override the file.

\`\`\`ts
// routes.config.ts
import { defineRoutes } from "routesync";

export default defineRoutes(({ stage, env }) => ({
  store: env.STORE_ARN,
  router: "678a",
  owner: \`shop/\${stage}\`,
  routes: { "/api": "https://abc123.lambda-url.us-east-1.on.aws" },
}));
\`\`\`

A function that reads the stage is an error if neither \`--stage\` nor \`ROUTESYNC_STAGE\` is given, so that no owner is called
\`shop/undefined\`. An empty stage is also an error, and so is an owner with an empty or missing part, such as \`shop/\` and
\`shop/undefined\`.

A command runs the file only if it needs it. \`rm\`, \`prune\`, \`owners\`, \`ls\`, \`rollback\`, \`release\`, \`explain\`, \`index\` and \`doctor\` do not run
a script if flags or variables set the store, the router and the owner that the command needs, and neither \`--stage\` nor \`--config\` is
given. The script's \`client\` then has no effect: pass \`--profile\` or \`--endpoint\`. JSON and YAML files are always read.

TypeScript needs no build, and the \`paths\` of the nearest tsconfig.json are resolved. The output of the file goes to stderr. In YAML, put
a router's id in quotes, since YAML reads \`0123\` and \`12e4\` as numbers.

Two configurations in one folder are an error. Credentials come from AWS's chain or the file's \`client\`. No flag takes a secret.

**Without an AWS account**: \`--local\` uses an embedded store that is kept in \`.routesync/store.json\` beside the configuration, with a
constant ARN. The default of router and owner is then \`local\`. Only one process can use the file at a time. Other commands wait up to ten
seconds for it, and then fail with \`IN_USE\`. If \`routesync local\` is running, they use its store.`;

const OUTPUT = `## Output

Stdout has only the result. Notes, questions and progress go to stderr. At a terminal, progress is one redrawn line, and elsewhere plain
lines. Colours are used at a terminal, unless \`NO_COLOR\` or \`FORCE_COLOR\` is set. In GitHub Actions, errors, warnings and findings are
annotations.`;

const CTRL_C = `Ctrl-C, or SIGTERM, aborts before the next write. The message describes the state of the store. Run the command again to finish. A second
Ctrl-C ends the process immediately. The table stays complete in both cases.`;

const JSON_FORM = `## JSON

\`--json\` prints one document, also for an error ([schema](cli.schema.json)):

\`\`\`json
{ "version": ${JSON_VERSION}, "command": "plan", "ok": true, "result": {} }
\`\`\`

\`\`\`json
{ "version": ${JSON_VERSION}, "command": "plan", "ok": false, "error": { "code": "ROUTE_CONFLICT", "message": "…", "retryable": false, "details": {} } }
\`\`\`

\`version\` increases when a field changes its meaning or is removed. Fields may be added without a new version. Each command below
describes its \`result\`, and [index.d.ts](../index.d.ts) has the types. \`ok\` is true if the command did its work: a plan with changes,
or a verification with findings, is also \`ok\`, and has its own exit code. \`error.code\` is one of [errors.md](errors.md), or of these:

| code | when |
| --- | --- |
| \`USAGE\` | a flag, an argument or a variable is wrong or missing |
| \`CONFIG\` | the configuration cannot be loaded, or lacks a required option |
| \`DECLINED\` | a question was answered with no: nothing was written |
| \`IN_USE\` | another process uses the local store |
| \`INTERRUPTED\` | Ctrl-C; \`details.stands\` describes the state of the store |`;

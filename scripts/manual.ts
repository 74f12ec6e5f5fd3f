/** docs/cli.md, made of the list of commands; `scripts/cli-docs.mjs` writes it. */
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
  const told = flags.map(({ flags: spelt, text, choices: values, env, fallback, many }) => [
    `\`${spelt}\``,
    `${text}${choices(values)}${many ? "; may be given several times" : ""}`,
    env ? `\`${env}\`` : "",
    fallback ?? "",
  ]);
  return rows(["option", "does", "variable", "default"], told);
}

function choices(values: string[] | undefined): string {
  return values ? `: ${values.map((value) => `\`${value}\``).join(", ")}` : "";
}

function rows(head: string[], lines: string[][]): string {
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...lines.map(row)].join("\n");
}

const CONFIGURATION = `## Configuration

The nearest of ${CONFIG_NAMES.map((name) => `\`${name}\``).join(", ")} at or above the working directory, or the file of
\`--config\`. It gives the options of \`syncRoutes\` (all but \`signal\` and \`onProgress\`), or a function of
\`{ stage, env }\` that gives them, now or later. A flag comes before a variable of the environment, and both before the file.

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

A function that asks for the stage where neither \`--stage\` nor \`ROUTESYNC_STAGE\` says one is refused: no stage becomes
\`shop/undefined\`. So are an empty stage, and an owner with an empty or missing part, such as \`shop/\` and \`shop/undefined\`.

A command runs the file only if it needs it. Where flags or variables give the store, the router and the owner that a command needs, and neither
\`--stage\` nor \`--config\` is given, \`rm\`, \`prune\`, \`owners\`, \`ls\`, \`rollback\`, \`release\`, \`explain\` and \`doctor\` do not run a script. Its
\`client\` does not count then: pass \`--profile\` or \`--endpoint\`. A file of data is always read.

TypeScript needs no build, and the \`paths\` of the nearest tsconfig.json resolve. What the file prints goes to stderr. In YAML, put a
router's id in quotes: \`0123\` and \`12e4\` are numbers there.

Two configurations in one folder are refused. Credentials come from AWS's chain or the file's \`client\`; no
flag takes a secret.

**Without an AWS account**: \`--local\` uses an embedded store that is kept in \`.routesync/store.json\` beside the configuration, with
an ARN of its own that stays. Router and owner are \`local\` where nothing names them. One process holds the file at a
time: other commands wait up to ten seconds for it (\`IN_USE\` after that), and use the store of a \`routesync local\` that runs.`;

const OUTPUT = `## Output

Stdout has the result and nothing else; notes, questions and progress go to stderr. Progress is one line that is redrawn at a
terminal, and plain lines elsewhere. \`NO_COLOR\` and \`FORCE_COLOR\` are heeded; otherwise colours are for terminals. In GitHub
Actions, errors, warnings and findings are annotations.`;

const CTRL_C = `Ctrl-C, or SIGTERM, aborts before the next write; the message says what stands, and calling again finishes it. A second one ends
the process at once. The table is whole either way.`;

const JSON_FORM = `## JSON

\`--json\` prints one document, also for an error ([schema](cli.schema.json)):

\`\`\`json
{ "version": ${JSON_VERSION}, "command": "plan", "ok": true, "result": {} }
\`\`\`

\`\`\`json
{ "version": ${JSON_VERSION}, "command": "plan", "ok": false, "error": { "code": "ROUTE_CONFLICT", "message": "…", "retryable": false, "details": {} } }
\`\`\`

\`version\` is raised when a field changes its meaning or goes; fields may be added. \`result\` is that of each command below, as
[index.d.ts](../index.d.ts) describes it. \`ok\` says that the command did its work: a plan with changes, or a verification with
findings, is \`ok\`, and the exit code says the rest. \`error.code\` is one of [errors.md](errors.md), or of these:

| code | when |
| --- | --- |
| \`USAGE\` | a flag, an argument or a variable is wrong or missing |
| \`CONFIG\` | the configuration cannot be loaded, or lacks something |
| \`DECLINED\` | a question was answered with no: nothing was written |
| \`IN_USE\` | another process holds the local store |
| \`INTERRUPTED\` | Ctrl-C; \`details.stands\` says what stands |`;

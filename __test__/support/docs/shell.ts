/** Checks the shell commands in documents. The called programs must exist, and accept their arguments. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parserOf } from "../../../lib/cli/program";
import { root } from "../run";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  peerDependencies: Record<string, string>;
  napi: { targets: string[] };
};

const tests = readdirSync(join(root, "__test__"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".test.ts"),
);

/** Programs of others, whose arguments are not checked. */
const OTHERS = new Set([
  "bun",
  "cargo",
  "cat",
  "cd",
  "cp",
  "curl",
  "echo",
  "export",
  "gh",
  "git",
  "id=$(gh",
  "jq",
  "sh",
  "mkdir",
  "pulumi",
  "sst",
]);

/** The commands of a block, each as a list of words, without comments and redirections. */
export function commandsOf(text: string): string[][] {
  const whole = text.replaceAll("\\\n", " ");
  return whole.split("\n").flatMap((line) => {
    const commands: string[][] = [[]];
    // Quoted texts, placeholders, separators and words. A comment ends the line.
    for (const [word] of line.matchAll(
      /"[^"]*"|'[^']*'|<[\w-]+>|\|\|?|&&|;|>>?|#.*$|[^\s|;&>"'#][^\s|;&>]*/gu,
    )) {
      if (word.startsWith("#")) break;
      if (["|", "||", "&&", ";", ">", ">>"].includes(word)) commands.push(word.startsWith(">") ? [">"] : []);
      else commands.at(-1)?.push(word.replaceAll(/^["']|["']$/gu, ""));
    }
    return commands.filter(([first]) => first !== undefined && first !== ">");
  });
}

/** The arguments of `routesync`, if a command is `routesync`. */
export function ours(words: string[]): string[] | undefined {
  const at = words[0] === "npx" ? 1 : 0;
  return words[at] === "routesync" ? words.slice(at + 1) : undefined;
}

/** The error in a command, if there is one. */
export function wrong(words: string[]): string | undefined {
  const [program = "", ...args] = words;
  const own = ours(words);
  if (own) return unreadable(own);
  if (program === "npm") return wrongNpm(args);
  if (program === "node" || program.includes("/")) {
    const file = program === "node" ? (args[0] ?? "") : program;
    return existsSync(join(root, file)) ? undefined : `no file ${file}`;
  }
  return OTHERS.has(program) ? undefined : `${program} is not known here`;
}

function wrongNpm([verb, ...args]: string[]): string | undefined {
  if (verb === "ci") return undefined;
  if (verb === "test") {
    const part = args.slice(args.indexOf("jest") + 1).find((arg) => !arg.startsWith("-"));
    if (!args.includes("jest") || part === undefined || tests.some((test) => test.includes(part)))
      return undefined;
    return `no test of ${part}`;
  }
  if (verb === "run") return args[0] && manifest.scripts[args[0]] ? undefined : `no script ${args[0]}`;
  if (verb !== "install") return `npm ${verb} is not known here`;
  const names = new Set(["routesync", ...Object.keys(manifest.peerDependencies)]);
  const unknown = args.filter((arg) => !arg.startsWith("-") && !names.has(arg) && !isPlatform(arg));
  return unknown.length > 0 ? `npm install ${unknown.join(" ")}?` : undefined;
}

const isPlatform = (name: string) => existsSync(join(root, "npm", name.replace(/^routesync-/u, "")));

/** The real command line's error for the arguments. The command is not run. */
function unreadable(args: string[]): string | undefined {
  if (["--help", "--version"].includes(args.at(-1) ?? "")) return undefined;
  let chosen = false;
  const parser = parserOf(() => {
    chosen = true;
  });
  // `$GITHUB_RUN_NUMBER` is replaced with a number, and `<arn>` with a word.
  const words = args.map((word) => word.replaceAll(/\$\{?\w+\}?/gu, "7").replaceAll(/\$\{\{.*?\}\}/gu, "7"));
  try {
    parser.parse(words, { from: "user" });
    return chosen ? undefined : "no command";
  } catch (error) {
    return (error as Error).message;
  }
}

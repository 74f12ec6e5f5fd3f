/** Messages of the library in the words of the command line: its options and functions as flags and commands. */
import type { Command } from "./command";
import { commands } from "./commands";
import { parts } from "./completions";

/** The command that does what a function of the library does. */
const BY_FUNCTION: Record<string, string> = {
  syncRoutes: "sync",
  checkRoutes: "check",
  planRoutes: "plan",
  readRoutes: "ls",
  listOwners: "owners",
  listHistory: "rollback --list",
  verifyRoutes: "verify",
  explainRoute: "explain",
  removeRoutes: "rm",
  pruneOwners: "prune",
  rollbackRoutes: "rollback",
  releaseRoutes: "release",
  migrateRoutes: "migrate",
  repairRoutes: "repair",
};

/** Options of the library whose flag has another name. */
const RENAMED: Record<string, string> = {
  "client.endpoint": "endpoint",
  "client.profile": "profile",
};

/** Commands whose flags are looked through where the one that runs does not have the flag, in this order. */
const OTHERS = ["sync", "repair", "migrate"];

/** `message`, as the command called `name` should print it. */
export function inFlags(message: string, name: string): string {
  const withCommands = message.replaceAll(FUNCTIONS, (_, call: string | undefined, found: string) => {
    return `${call ? "run " : ""}\`routesync ${BY_FUNCTION[found] ?? found}\``;
  });
  /** The commands that an option may be of: the one that runs, and those that are named before it. */
  const named = (text: string, at: number) => [
    name,
    ...[...text.slice(0, at).matchAll(/`routesync ([a-z]+)/gu)].map(([, command = ""]) => command),
  ];
  return withCommands
    .replaceAll(LINT, (_, rule: string, level: string, at: number, text: string) => {
      return `\`${spelt("lint", `${rule}=${level}`, named(text, at))}\``;
    })
    .replaceAll(OPTION, (whole, option: string, value: string | undefined, at: number, text: string) => {
      const flag = spelt(option, value, named(text, at));
      return flag === undefined ? whole : `\`${flag}\``;
    })
    .replaceAll(RENAMED_OPTION, (option: string) => `--${RENAMED[option]}`);
}

/** `message` about an option that was given as a flag, with the flag where it begins with the option's path. */
export function ofFlag(message: string, path: string | undefined, given: object): string {
  const name = path === undefined ? undefined : (RENAMED[path] ?? path);
  if (path === undefined || name === undefined || !Object.hasOwn(given, name)) return message;
  return message.startsWith(`${path}: `) ? `--${kebab(name)}${message.slice(path.length)}` : message;
}

const FUNCTIONS = new RegExp(
  `(\\bcall )?\`?\\b(${Object.keys(BY_FUNCTION).join("|")})\\b(?:\\(\\))?\`?`,
  "gu",
);
const LINT = /`lint: \{ ([A-Z_]+): "(\w+)" \}`/gu;
/** `` `maxRemoved` ``, `` `allowEmpty: true` ``, `` `verify: "full"` ``. */
const OPTION = /`([a-z][A-Za-z.]*)(?:: "?([\w%-]+)"?)?`/gu;
const RENAMED_OPTION = /\bclient\.(?:endpoint|profile)\b/gu;

/** The flag of an option, behind its command where none that was named has it. */
function spelt(option: string, value: string | undefined, named: string[]): string | undefined {
  const long = `--${kebab(RENAMED[option] ?? option)}`;
  const has = (command: string) =>
    commands.find(({ name }) => name === command)?.flags.some(is(long)) === true;
  const flag = value === undefined || value === "true" ? long : `${long} ${value}`;
  if (named.some(has)) return flag;
  const other = OTHERS.find(has);
  return other === undefined ? undefined : `routesync ${other} ${flag}`;
}

const is = (long: string) => (flag: Command["flags"][number]) => parts(flag).long === long;

const kebab = (name: string): string => name.replaceAll(/[A-Z]/gu, (upper) => `-${upper.toLowerCase()}`);

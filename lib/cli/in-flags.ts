/** Replaces the options and functions in the library's messages with the flags and commands of the command line. */
import type { Command } from "./command";
import { commands } from "./commands";
import { parts } from "./completions";

/** The command for each function of the library. */
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
  setIndex: "index",
  migrateRoutes: "migrate",
  repairRoutes: "repair",
};

/** Options of the library whose flag has another name. */
const RENAMED: Record<string, string> = {
  "client.endpoint": "endpoint",
  "client.profile": "profile",
};

/** The commands that are searched for a flag, in this order, if the running command does not have it. */
const OTHERS = ["sync", "repair", "migrate"];

/** `message` with flags and commands, for the command `name`. */
export function inFlags(message: string, name: string): string {
  const withCommands = message.replaceAll(FUNCTIONS, (_, call: string | undefined, found: string) => {
    return `${call ? "run " : ""}\`routesync ${BY_FUNCTION[found] ?? found}\``;
  });
  /** The commands to which an option may belong: the running command, and those that the text names before the option. */
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

/** `message` with the flag in the place of a leading option path, if the option was given as a flag. */
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

/** The flag of an option. If none of the `named` commands has it, the command that has it precedes the flag. */
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

/** The options of a command. A flag overrides a `ROUTESYNC_*` variable, and both override the configuration. */
import { dirname } from "node:path";

import type { StoreOptions, SyncOptions, VerifyOptions } from "../types";
import type { Run } from "./command";
import { CONFIG_PATTERN, loadConfig } from "./config";
import { CliError } from "./exit";

/** The default router and owner in a local store, which no one else uses. */
export const LOCAL = "local";

/** Options that can be set by an environment variable. */
const FROM_ENV: Record<string, string> = {
  store: "ROUTESYNC_STORE",
  router: "ROUTESYNC_ROUTER",
  owner: "ROUTESYNC_OWNER",
  generation: "ROUTESYNC_GENERATION",
};

/** The options of a configuration. The compiler checks that the list is complete. A flag or variable of the same name overrides an option. */
const KNOWN: Record<keyof Options, true> = {
  store: true,
  router: true,
  owner: true,
  part: true,
  previous: true,
  routes: true,
  client: true,
  retry: true,
  deadline: true,
  verify: true,
  gracePeriod: true,
  history: true,
  allowBeyondSst: true,
  index: true,
  repair: true,
  lint: true,
  policy: true,
  takeover: true,
  adopt: true,
  allowEmpty: true,
  maxRemoved: true,
  generation: true,
  edge: true,
};

export interface Settings {
  /** The configuration's file, if there is one. */
  file?: string;
  options: Options;
  /** The options that the configuration sets to `undefined`. */
  unset: string[];
}

/** The options of a configuration, without those that are `undefined`. */
export type Options = Partial<Omit<SyncOptions, "signal" | "onProgress">>;

/** An option that a command requires. If flags and variables set all of them, the configuration is not run. */
export type Need = "store" | "router" | "owner" | "routes";

/** Runs `work` with the settings, and opens the local store for it if `--local` is given. */
export async function withSettings<T>(
  run: Run,
  needs: Need[],
  work: (settings: Settings) => Promise<T>,
): Promise<T> {
  const { given, env, cwd } = run;
  const loaded = await loadConfig(cwd, {
    named: setting(run, "config", "ROUTESYNC_CONFIG"),
    stage: setting(run, "stage", "ROUTESYNC_STAGE"),
    env,
    needed: needsConfig(run, needs),
  });
  const configured = Object.entries(loaded?.options ?? {});
  const unset = configured.filter(([, value]) => value === undefined).map(([name]) => name);
  const options: Record<string, unknown> = Object.fromEntries(
    configured.filter(([, value]) => value !== undefined),
  );
  // Three flags make the option `edge`.
  for (const name of Object.keys(KNOWN).filter((one) => one !== "edge")) {
    const value = given[name] ?? fromEnv(name, env);
    if (value !== undefined) options[name] = VALUES[name]?.(value, options[name]) ?? value;
  }
  const edge = edgeOf(given, options["edge"]);
  if (edge !== undefined) options["edge"] = edge;
  const endpoint = setting(run, "endpoint", "ROUTESYNC_ENDPOINT");
  const profile = setting(run, "profile", "ROUTESYNC_PROFILE");
  if (endpoint !== undefined || profile !== undefined) {
    options["client"] = {
      ...(options["client"] as object | undefined),
      ...(endpoint !== undefined && { endpoint }),
      ...(profile !== undefined && { profile }),
    };
  }
  const settings: Settings = { ...(loaded && { file: loaded.file }), options, unset };
  if (given["local"] !== true) return work(settings);

  if (given["store"] !== undefined) throw new CliError("USAGE", "--local and --store exclude each other");
  const { localFile, openLocal } = await import("./local.js");
  const folder = loaded ? dirname(loaded.file) : cwd;
  const local = await openLocal(localFile(folder), run.signal, (line) => run.out.note(line));
  try {
    options["store"] = local.arn;
    options["client"] = local.client;
    options["router"] ??= LOCAL;
    options["owner"] ??= LOCAL;
    return await work(settings);
  } finally {
    await local.close();
  }
}

/** Whether the configuration must be run: flags and variables do not set all required options, or they name a configuration or a stage. */
function needsConfig({ given, env }: Run, needs: Need[]): boolean {
  if (given["config"] !== undefined || given["stage"] !== undefined) return true;
  const has = (name: Need) =>
    (name === "store" && given["local"] === true) ||
    (name !== "routes" && (given[name] ?? fromEnv(name, env)) !== undefined);
  return !needs.every(has);
}

/** The option `edge` by its three flags, over that of the configuration. */
function edgeOf(given: Run["given"], configured: unknown): object | undefined {
  const { edgeDeadline: deadline, edgeRequired: required } = given;
  const url = typeof given["edge"] === "string" ? given["edge"] : undefined;
  const set = Object.entries({ url, deadline, required }).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : { ...(configured as object | undefined), ...Object.fromEntries(set) };
}

/** The edge that a command asks which deploys nothing. The configuration's `edge` is for deploys. */
export function askedEdge({ given }: Run): VerifyOptions["edge"] {
  const edge = edgeOf(given, undefined);
  return given["edge"] === undefined ? undefined : (edge as VerifyOptions["edge"]);
}

/** The value of a flag, or else of a variable. */
function setting({ given, env }: Run, name: string, variable: string): string | undefined {
  return (given[name] as string | undefined) ?? variableOf(env, variable);
}

/** The value of a variable. An empty one counts as not set, and a blank one is an error. */
function variableOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  if (value.trim() === "") throw new CliError("USAGE", `${name}: is blank: set it to a value, or unset it`);
  return value;
}

function fromEnv(name: string, env: NodeJS.ProcessEnv): string | number | undefined {
  const variable = FROM_ENV[name];
  const text = variable === undefined ? undefined : variableOf(env, variable);
  if (text === undefined) return undefined;
  if (name !== "generation") return text;
  if (!/^\d{1,15}$/u.test(text)) throw new CliError("USAGE", `${variable}: ${text} is not a whole number`);
  return Number(text);
}

/** Converts a flag's value to the option's value. `configured` is the value in the configuration. */
const VALUES: Record<string, (given: unknown, configured: unknown) => unknown> = {
  // `--takeover` means all patterns, and `--takeover /a --takeover /b` only these.
  takeover: (given) => (Array.isArray(given) ? given : true),
  lint: (given, configured) => ({
    ...(configured as object | undefined),
    ...Object.fromEntries(given as [string, string][]),
  }),
  verify: (given) => (given === "full" ? given : given === "true"),
};

/** Options of commands that write for one owner and may enlarge the table. */
export const GROWING = ["generation", "verify", "allowBeyondSst", "index", "repair", "edge"] as const;

/** Those of the options `names` that have a value. */
export function chosen<K extends keyof Options>({ options }: Settings, ...names: K[]): Pick<Options, K> {
  const set = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, options[name]])) as Pick<Options, K>;
}

/** The value of a required option. Throws an error that names the flag, the variable and the file that can set it. */
export function need<K extends keyof Options>(settings: Settings, name: K): NonNullable<Options[K]> {
  const { options, file, unset } = settings;
  const value = options[name];
  if (value !== undefined && value !== null) return value as NonNullable<Options[K]>;
  const where = file === undefined ? `a ${CONFIG_PATTERN} (none was found here or above)` : file;
  const flags = `pass --${name}${name === "store" ? " or --local" : ""}, set ROUTESYNC_${name.toUpperCase()}`;
  if (file !== undefined && (value === null || unset.includes(name))) {
    const found = value === null ? "null" : "undefined";
    const message = `${name}: is ${found} in ${file}: is a variable that the file reads not set? Set it`;
    throw new CliError(
      "CONFIG",
      name === "routes" ? message : `${message}, ${flags}, or write a value in the file`,
    );
  }
  // The missing option may be present under a misspelled name.
  const odd = unknown(settings);
  const instead = odd === undefined ? "" : `; ${odd}`;
  const ways = name === "routes" ? `declare them in ${where}` : `${flags}, or write it in ${where}`;
  throw new CliError(name === "routes" ? "CONFIG" : "USAGE", `${name}: missing: ${ways}${instead}`);
}

/** Rejects a configuration with unknown options, as `syncRoutes` does. */
export function known(settings: Settings): void {
  const odd = unknown(settings);
  if (odd !== undefined) throw new CliError("CONFIG", `${settings.file ?? "the configuration"}: ${odd}`);
}

function unknown({ options }: Settings): string | undefined {
  const odd = Object.keys(options).filter((key) => !Object.hasOwn(KNOWN, key));
  if (odd.length === 0) return undefined;
  const is = odd.length === 1 ? "is not an option" : "are not options";
  return `${odd.join(", ")} ${is}; allowed are ${Object.keys(KNOWN).join(", ")}`;
}

/** The options for the access to the store, which all functions take. */
export function reach(run: Run, settings: Settings): StoreOptions {
  const { client, retry, deadline } = settings.options;
  return {
    store: need(settings, "store"),
    ...(client && { client }),
    ...(retry && { retry }),
    ...(deadline !== undefined && { deadline }),
    signal: run.signal,
  };
}

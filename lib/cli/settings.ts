/** The options of a command: flags before `ROUTESYNC_*` before the configuration. */
import { dirname } from "node:path";

import type { StoreOptions, SyncOptions } from "../../index";
import type { Run } from "./command";
import { loadConfig } from "./config";
import { CliError } from "./exit";

/** What nothing names is this, in a local store: it is nobody else's. */
const LOCAL = "local";

/** Flags whose value is an option of the same name. */
const SAME = [
  "store",
  "router",
  "owner",
  "deadline",
  "generation",
  "policy",
  "adopt",
  "allowEmpty",
  "maxRemoved",
  "graceSeconds",
  "metadataFirst",
  "history",
  "allowBeyondSst",
  "repair",
] as const;

/** Options that an environment variable may give. */
const FROM_ENV: Record<string, string> = {
  store: "ROUTESYNC_STORE",
  router: "ROUTESYNC_ROUTER",
  owner: "ROUTESYNC_OWNER",
  generation: "ROUTESYNC_GENERATION",
};

/** What a configuration may say, held complete by the compiler. */
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
  graceSeconds: true,
  metadataFirst: true,
  history: true,
  allowBeyondSst: true,
  repair: true,
  lint: true,
  policy: true,
  takeover: true,
  adopt: true,
  allowEmpty: true,
  maxRemoved: true,
  generation: true,
};

export interface Settings {
  /** The configuration's file, where there is one. */
  file?: string;
  options: Options;
}

/** What a configuration may say; what it says is `undefined` is left out. */
export type Options = Partial<Omit<SyncOptions, "signal" | "onProgress">>;

/** Runs `work` with the settings, and with the local store open where it is asked for. */
export async function withSettings<T>(run: Run, work: (settings: Settings) => Promise<T>): Promise<T> {
  const { given, env, cwd } = run;
  const text = (name: string, variable: string) =>
    (given[name] as string | undefined) ?? (env[variable] || undefined);
  const loaded = await loadConfig(
    cwd,
    text("config", "ROUTESYNC_CONFIG"),
    text("stage", "ROUTESYNC_STAGE"),
    env,
  );
  const said = Object.entries(loaded?.options ?? {}).filter(([, value]) => value !== undefined);
  const options: Record<string, unknown> = Object.fromEntries(said);
  for (const name of SAME) {
    const value = given[name] ?? fromEnv(name, env);
    if (value !== undefined) options[name] = value;
  }
  if (given["takeover"] !== undefined) options["takeover"] = patterns(given["takeover"]);
  if (given["lint"] !== undefined) {
    const levels = Object.fromEntries(given["lint"] as [string, string][]);
    options["lint"] = { ...(options["lint"] as object | undefined), ...levels };
  }
  const endpoint = text("endpoint", "ROUTESYNC_ENDPOINT");
  const profile = text("profile", "ROUTESYNC_PROFILE");
  if (endpoint !== undefined || profile !== undefined) {
    options["client"] = {
      ...(options["client"] as object | undefined),
      ...(endpoint !== undefined && { endpoint }),
      ...(profile !== undefined && { profile }),
    };
  }
  const settings: Settings = { ...(loaded && { file: loaded.file }), options };
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

function fromEnv(name: string, env: NodeJS.ProcessEnv): string | number | undefined {
  const variable = FROM_ENV[name];
  const text = variable === undefined ? undefined : env[variable];
  if (!text) return undefined;
  if (name !== "generation") return text;
  if (!/^\d{1,15}$/u.test(text)) throw new CliError("USAGE", `${variable}: ${text} is not a whole number`);
  return Number(text);
}

/** `--takeover` is all patterns, `--takeover /a --takeover /b` these. */
function patterns(given: unknown): true | string[] {
  return Array.isArray(given) ? (given as string[]) : true;
}

/** What a flag, a variable and the configuration could have said. */
export function need<K extends keyof Options>({ options, file }: Settings, name: K): NonNullable<Options[K]> {
  const value = options[name];
  if (value !== undefined && value !== null) return value as NonNullable<Options[K]>;
  const where = file === undefined ? "a routes.config.* (none was found here or above)" : file;
  // What is missing may be there under a name that is none.
  const odd = Object.keys(options).filter((key) => !Object.hasOwn(KNOWN, key));
  const instead =
    odd.length === 0
      ? ""
      : `; what it says of ${odd.join(", ")} is no option: allowed are ${Object.keys(KNOWN).join(", ")}`;
  const ways =
    name === "routes"
      ? `declare them in ${where}`
      : `pass --${name}${name === "store" ? " or --local" : ""}, set ROUTESYNC_${name.toUpperCase()}, or say it in ${where}`;
  throw new CliError(name === "routes" ? "CONFIG" : "USAGE", `${name}: missing: ${ways}${instead}`);
}

/** The part of the settings that every function takes. */
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

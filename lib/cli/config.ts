/** `routes.config.*`: found upwards of the working directory, loaded, and asked where it is a function. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";

import type { RoutesConfig } from "../../index";
import { CliError } from "./exit";

export const CONFIG_NAMES = ["ts", "mts", "js", "mjs", "json", "yaml"].map((end) => `routes.config.${end}`);

export interface Loaded {
  file: string;
  options: RoutesConfig;
}

/** The nearest configuration at or above `folder`. */
export function findConfig(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const here = CONFIG_NAMES.map((name) => join(at, name)).filter((file) => existsSync(file));
    if (here.length > 1) {
      throw new CliError("CONFIG", `${here.join(" and ")}: only one may be there; name one with --config`);
    }
    if (here[0]) return here[0];
    if (dirname(at) === at) return undefined;
  }
}

/** Loads `named`, or the one that is found; `undefined` where there is none. */
export async function loadConfig(
  cwd: string,
  named: string | undefined,
  stage: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Loaded | undefined> {
  const file = named === undefined ? findConfig(cwd) : resolve(cwd, named);
  if (file === undefined) return undefined;
  return { file, options: (await loadFile(file, () => input(stage, env))) as RoutesConfig };
}

/** The object that a file holds, or that its function gives for `input`. */
export async function loadFile(file: string, asked: () => object): Promise<object> {
  if (!existsSync(file)) throw new CliError("CONFIG", `${file}: there is no such file`);
  let found: unknown;
  try {
    found = await read(file);
    if (typeof found === "function") found = await (found as (input: object) => unknown)(asked());
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("CONFIG", `${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    const kind = found === null ? "null" : Array.isArray(found) ? "an array" : typeof found;
    throw new CliError("CONFIG", `${file}: gives ${kind}; expected an object, or a function that gives one`);
  }
  return found;
}

async function read(file: string): Promise<unknown> {
  switch (extname(file)) {
    case ".json":
      return JSON.parse(readFileSync(file, "utf8"));
    case ".yaml":
    case ".yml":
      return (await import("yaml")).parse(readFileSync(file, "utf8"));
    case ".ts":
    case ".mts":
    case ".cts":
    case ".js":
    case ".mjs":
    case ".cjs":
      return script(file);
    default:
      throw new CliError("CONFIG", `${file}: is neither ts, mts, js, mjs, json nor yaml`);
  }
}

/** `routesync` is this package, also where npx runs it and the project has none. */
async function script(file: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const alias = {
    "routesync/testing": join(__dirname, "..", "testing.js"),
    routesync: join(__dirname, "..", "index.js"),
  };
  const jiti = createJiti(file, { alias, fsCache: false, moduleCache: false, interopDefault: false });
  const found: unknown = await jiti.import(file);
  if (typeof found !== "object" || found === null) return found;
  if ("default" in found) return found.default;
  const named = Object.keys(found);
  const exported = named.length === 0 ? "nothing" : `${named.join(", ")}, but no default`;
  throw new CliError("CONFIG", `${file}: exports ${exported}; the configuration is its default export`);
}

/** A stage that nobody named must not become `shop/undefined`. */
function input(stage: string | undefined, env: NodeJS.ProcessEnv): { stage: string; env: NodeJS.ProcessEnv } {
  return {
    env,
    get stage(): string {
      if (stage !== undefined) return stage;
      throw new CliError(
        "CONFIG",
        "the configuration asks for the stage: pass --stage or set ROUTESYNC_STAGE",
      );
    },
  };
}

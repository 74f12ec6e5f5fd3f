/** `routes.config.*`: found in the working directory or above it, loaded, and called where it is a function. */
import { existsSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";

import type { RoutesConfig } from "../types";
import { isData, readData } from "./config-data";
import { CliError } from "./exit";
import { redirectStdout } from "./output";

const SCRIPTS = ["ts", "mts", "cts", "js", "mjs", "cjs"];
const DATA = ["json", "yaml", "yml"];

export const CONFIG_NAMES = [...SCRIPTS, ...DATA].map((end) => `routes.config.${end}`);

/** The same as one text. */
export const CONFIG_PATTERN = `routes.config.{${[...SCRIPTS, ...DATA].join(",")}}`;

export interface Loaded {
  file: string;
  options: RoutesConfig;
}

/** What a configuration is asked. */
export interface Asking {
  /** The file, where the command line names one. */
  named?: string | undefined;
  stage?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Whether the command needs it: if not, a script is found and not run. */
  needed: boolean;
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

/** Loads the configuration that is named or found; `undefined` where there is none. */
export async function loadConfig(cwd: string, asking: Asking): Promise<Loaded | undefined> {
  const { named, needed } = asking;
  const file = named === undefined ? nearest(cwd, needed) : resolve(cwd, named);
  if (file === undefined) return undefined;
  if (!needed && !isData(file)) return { file, options: {} };
  return { file, options: (await loadFile(file, () => input(asking))) as RoutesConfig };
}

function nearest(cwd: string, needed: boolean): string | undefined {
  try {
    return findConfig(cwd);
  } catch (error) {
    if (needed) throw error;
    return undefined;
  }
}

/** The object that a file holds, or that its function gives for `input`. What the file prints goes to stderr. */
export async function loadFile(file: string, asked: () => object): Promise<object> {
  if (!existsSync(file)) throw new CliError("CONFIG", `${file}: there is no such file`);
  redirectStdout();
  let given: unknown;
  try {
    given = await read(file);
    if (typeof given === "function") given = await (given as (input: object) => unknown)(asked());
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("CONFIG", `${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const kind = given === null ? "null" : Array.isArray(given) ? "an array" : typeof given;
    throw new CliError("CONFIG", `${file}: gives ${kind}; expected an object, or a function that gives one`);
  }
  return given;
}

async function read(file: string): Promise<unknown> {
  const end = extname(file).slice(1);
  if (DATA.includes(end)) return readData(file);
  if (SCRIPTS.includes(end)) return script(file);
  throw new CliError("CONFIG", `${file}: expected a file that ends in ${[...SCRIPTS, ...DATA].join(", ")}`);
}

/** `routesync` is this package, also where npx runs it and the project has none. */
async function script(file: string): Promise<unknown> {
  const alias = {
    "routesync/testing": join(__dirname, "..", "testing.js"),
    routesync: join(__dirname, "..", "index.js"),
  };
  const options = { alias, fsCache: false, moduleCache: false, interopDefault: false };
  return exported(await (await loader(file, options)).import(file), file);
}

type Loader = { import(file: string): Promise<unknown> };

/** Reads TypeScript, and resolves the `paths` of the nearest tsconfig.json. */
async function loader(file: string, options: object): Promise<Loader> {
  const { createJiti } = await import("jiti");
  try {
    return createJiti(file, { ...options, tsconfigPaths: true });
  } catch {
    // A tsconfig.json that cannot be read, such as one that extends a package that is not installed.
    return createJiti(file, options);
  }
}

/** The default export of an ES module, or what a CommonJS module exports, also by `export =`. */
function exported(found: unknown, file: string): unknown {
  if (typeof found !== "object" || found === null) return found;
  if ("default" in found) {
    const { default: inner } = found;
    return isCompiled(inner) && "default" in inner ? inner.default : inner;
  }
  const named = Object.keys(found);
  const isModule = isCompiled(found) || Object.prototype.toString.call(found) === "[object Module]";
  if (!isModule && named.length > 0) return found;
  const exports = named.length === 0 ? "nothing" : `${named.join(", ")}, but no default`;
  throw new CliError("CONFIG", `${file}: exports ${exports}; the configuration is its default export`);
}

/** An ES module that a compiler made a CommonJS one. */
function isCompiled(found: unknown): found is object {
  return typeof found === "object" && found !== null && "__esModule" in found;
}

/** A stage that nobody named must not become `shop/undefined`. */
function input({ stage, env }: Asking): { stage: string; env: NodeJS.ProcessEnv } {
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

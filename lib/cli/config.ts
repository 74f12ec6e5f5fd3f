/** Finds `routes.config.*` in the working directory or above it, loads it, and calls it if it exports a function. */
import { existsSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";

import type { RoutesConfig } from "../types";
import { isData, readData } from "./config-data";
import { CliError } from "./exit";
import { redirectStdout } from "./output";

const SCRIPTS = ["ts", "mts", "cts", "js", "mjs", "cjs"];
const DATA = ["json", "yaml", "yml"];

export const CONFIG_NAMES = [...SCRIPTS, ...DATA].map((end) => `routes.config.${end}`);

/** {@link CONFIG_NAMES} as one pattern, for messages. */
export const CONFIG_PATTERN = `routes.config.{${[...SCRIPTS, ...DATA].join(",")}}`;

export interface Loaded {
  file: string;
  options: RoutesConfig;
}

export interface LoadOptions {
  /** The file that the command line or the environment names. */
  named?: string | undefined;
  stage?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Whether the command needs the configuration. If not, a script is found, but not run. */
  needed: boolean;
}

/** The nearest configuration at or above `folder`. */
export function findConfig(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const here = CONFIG_NAMES.map((name) => join(at, name)).filter((file) => existsSync(file));
    if (here.length > 1) {
      throw new CliError(
        "CONFIG",
        `${here.join(" and ")}: a folder may contain only one configuration; pass one of them with --config`,
      );
    }
    if (here[0]) return here[0];
    if (dirname(at) === at) return undefined;
  }
}

/** Loads the named configuration, or else the nearest one. Returns `undefined` if there is none. */
export async function loadConfig(cwd: string, options: LoadOptions): Promise<Loaded | undefined> {
  const { named, needed } = options;
  const file = named === undefined ? nearest(cwd, needed) : resolve(cwd, named);
  if (file === undefined) return undefined;
  if (!needed && !isData(file)) return { file, options: {} };
  return { file, options: (await loadFile(file, () => input(options))) as RoutesConfig };
}

function nearest(cwd: string, needed: boolean): string | undefined {
  try {
    return findConfig(cwd);
  } catch (error) {
    if (needed) throw error;
    return undefined;
  }
}

/** Returns the object that a file exports, or that its function returns for `argument`. The file's output goes to stderr. */
export async function loadFile(file: string, argument: () => object): Promise<object> {
  if (!existsSync(file)) throw new CliError("CONFIG", `${file}: the file does not exist; check its path`);
  redirectStdout();
  let given: unknown;
  try {
    given = await read(file);
    if (typeof given === "function") given = await (given as (input: object) => unknown)(argument());
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("CONFIG", `${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const kind = given === null ? "null" : Array.isArray(given) ? "an array" : typeof given;
    throw new CliError(
      "CONFIG",
      `${file}: exports or returns ${kind}; expected an object, or a function that returns one`,
    );
  }
  return given;
}

async function read(file: string): Promise<unknown> {
  const end = extname(file).slice(1);
  if (DATA.includes(end)) return readData(file);
  if (SCRIPTS.includes(end)) return script(file);
  throw new CliError(
    "CONFIG",
    `${file}: the file type is not supported; expected one of ${[...SCRIPTS, ...DATA].join(", ")}`,
  );
}

/** Loads a script. An import of `routesync` resolves to this package, even if npx runs it and the project does not have it. */
async function script(file: string): Promise<unknown> {
  const alias = {
    "routesync/testing": join(__dirname, "..", "testing.js"),
    routesync: join(__dirname, "..", "index.js"),
  };
  const options = { alias, fsCache: false, moduleCache: false, interopDefault: false };
  return exported(await (await loader(file, options)).import(file), file);
}

type Loader = { import(file: string): Promise<unknown> };

/** A loader for TypeScript that resolves the `paths` of the nearest tsconfig.json. */
async function loader(file: string, options: object): Promise<Loader> {
  const { createJiti } = await import("jiti");
  try {
    return createJiti(file, { ...options, tsconfigPaths: true });
  } catch {
    // The tsconfig.json cannot be read, for example because it extends a package that is not installed.
    return createJiti(file, options);
  }
}

/** The default export of an ES module, or the exports of a CommonJS module, also with `export =`. */
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
  throw new CliError("CONFIG", `${file}: exports ${exports}; export the configuration as the default export`);
}

/** Whether a compiler has converted an ES module to this CommonJS module. */
function isCompiled(found: unknown): found is object {
  return typeof found === "object" && found !== null && "__esModule" in found;
}

/** The argument of a configuration function. Access to a missing stage throws, so that no owner is called `shop/undefined`. */
function input({ stage, env }: LoadOptions): { stage: string; env: NodeJS.ProcessEnv } {
  return {
    env,
    get stage(): string {
      if (stage !== undefined) return stage;
      throw new CliError(
        "CONFIG",
        "the configuration uses the stage, and none is set: pass --stage or set ROUTESYNC_STAGE",
      );
    },
  };
}

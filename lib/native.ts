/**
 * The native addon. The first call that needs it loads it, so the import of this package opens no library, starts no thread and takes
 * almost no time.
 *
 * Programs are bundled. SST's esbuild has no loader for `.node` files, and follows every `require` with a literal. So the addon is
 * required by this package's own name, which is composed at run time, from the places where a bundle may be. A literal `require` of
 * the addon would break the user's deploy.
 */
import type * as NodeModule from "node:module";

import { RouteSyncError } from "./errors";
import { builtin, startingPoints } from "./resolve-paths";

/** The exports of the native addon. Strings named `json` are JSON. */
export interface Native {
  /** Makes calls of public functions together, in their order. Each resolves to `{"answer": …}` or `{"error": …}`. */
  call(
    names: string[],
    json: string[],
    aborts: (NativeAbortHandle | undefined)[],
    progresses: (((event: string) => void) | undefined)[],
  ): Promise<string>[];
  AbortHandle: new () => NativeAbortHandle;
  /** Checks the options of `syncRoutes` and sends nothing. Throws an error whose message is the JSON of a RouteSyncError. */
  checkRoutes(json: string): string;
  /** Rejects with an error whose message is the JSON of a RouteSyncError, as do the methods of the store. */
  startLocalStore(json: string): Promise<NativeLocalStore>;
}

export interface NativeAbortHandle {
  abort(): void;
}

export interface NativeLocalStore {
  readonly endpoint: string;
  readonly arn: string;
  readonly seed: string;
  createStore(name?: string): string;
  deleteStore(arn: string): void;
  stats(): string;
  resetStats(): void;
  entries(arn?: string): string;
  value(key: string, arn?: string, agoMs?: number): string | null;
  setEntries(arn: string, json: string): void;
  putRaw(arn: string, key: string, value?: string): void;
  setFaults(json: string): void;
  script(json: string): void;
  log(): string;
  journal(): string;
  close(): Promise<void>;
}

/** The platforms with a published binary. A test compares them with package.json's targets. */
export const PLATFORMS = [
  "linux-x64-gnu",
  "linux-x64-musl",
  "linux-arm64-gnu",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64-msvc",
  "win32-arm64-msvc",
];

let loaded: Native | undefined;

export function native(): Native {
  return (loaded ??= load());
}

function load(): Native {
  const { createRequire } = builtin("node:module") as typeof NodeModule;
  const name = ["routesync", "native"].join("/");
  const places = startingPoints();
  for (const place of places) {
    const from = createRequire(place);
    let file: string;
    try {
      file = from.resolve(name);
    } catch {
      continue;
    }
    try {
      return from(name) as Native;
    } catch (cause) {
      const binary = binaryFrom([file, place].map((one) => createRequire(one)));
      if (binary) return binary;
      throw missing(`could not be loaded on ${platform()}`, cause);
    }
  }
  throw missing(`for ${platform()} was not found from ${places.join(", ")}`);
}

/**
 * Loads the platform's binary by its file. An executable of `bun build --compile` reads no package.json at run time, so it cannot
 * find the package by its name.
 */
function binaryFrom(requires: NodeJS.Require[]): Native | undefined {
  const name = `routesync-${platform()}`;
  const file = [name, `routesync.${platform()}.node`].join("/");
  for (const from of requires) {
    try {
      return from(file) as Native;
    } catch {
      // The error of native.js is reported instead.
    }
  }
  return undefined;
}

function missing(what: string, error?: unknown): RouteSyncError {
  const cause = reason(error);
  const found = cause === undefined ? "" : ` (${String(cause.message).split("\n")[0]})`;
  const message =
    `routesync's native binary ${what}: binaries are published for ${PLATFORMS.join(", ")}; on one of these, ` +
    "install again without --omit=optional and on the machine that runs it, and keep node_modules/routesync and " +
    `node_modules/routesync-${platform()} beside a bundle or an executable${found}`;
  return new RouteSyncError({ code: "NATIVE_MISSING", message }, { cause });
}

/**
 * Why this platform's binary was not loaded. The loader also tries binaries of other platforms. Its errors form a chain of causes that
 * begins with advice about a defect of npm.
 */
function reason(error: unknown): Error | undefined {
  const chain: Error[] = [];
  for (let one = error as Error | undefined; one && chain.length < MAX_CAUSES; one = one.cause as Error) {
    chain.push(one);
  }
  const ours = chain.filter(({ message }) => String(message).includes(platform()));
  return (
    ours.find(({ message }) => !String(message).startsWith("Cannot find module")) ?? ours[0] ?? chain.at(-1)
  );
}

const MAX_CAUSES = 16;

/** This machine's platform, in the form of {@link PLATFORMS}. */
function platform(): string {
  const machine = `${process.platform}-${process.arch}`;
  if (process.platform === "win32") return `${machine}-msvc`;
  if (process.platform !== "linux") return machine;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return `${machine}-${header?.glibcVersionRuntime ? "gnu" : "musl"}`;
}

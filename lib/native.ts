/**
 * The native addon, loaded by the first call that needs it: importing the package opens no library,
 * starts no thread and costs next to nothing.
 *
 * Programs are bundled. SST's esbuild has no loader for `.node` files and follows every `require` that it
 * can read, so the addon is asked for by this package's own name, put together when the program runs, from
 * the places where a bundle may stand. A literal on this path breaks the user's deploy.
 */
import type * as NodeModule from "node:module";

import { RouteSyncError } from "./errors";
import { builtin, startingPoints } from "./places";

/** What the native side exports. Texts named `json` cross as JSON. */
export interface Native {
  /** Public functions that were called together, in their order; each resolves to `{"answer": …}` or `{"error": …}`. */
  call(
    names: string[],
    json: string[],
    aborts: (NativeAbortHandle | undefined)[],
    progresses: (((event: string) => void) | undefined)[],
  ): Promise<string>[];
  AbortHandle: new () => NativeAbortHandle;
  /** Rejects with an error whose message is the JSON of ours; so do the methods of the store. */
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
  setEntries(arn: string, json: string): void;
  putRaw(arn: string, key: string, value?: string): void;
  setFaults(json: string): void;
  script(json: string): void;
  log(): string;
  journal(): string;
  close(): Promise<void>;
}

/** The platforms that a binary is published for; a test holds them equal to package.json's targets. */
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
    try {
      from.resolve(name);
    } catch {
      continue;
    }
    try {
      return from(name) as Native;
    } catch (cause) {
      throw missing(`could not be loaded on ${platform()}`, cause);
    }
  }
  throw missing(`for ${platform()} was not found from ${places.join(", ")}`);
}

function missing(what: string, cause?: unknown): RouteSyncError {
  const message =
    `routesync's native binary ${what}: binaries are published for ${PLATFORMS.join(", ")}; on one of these, ` +
    "install again without --omit=optional and on the machine that runs it, and keep node_modules/routesync beside a bundle";
  return new RouteSyncError({ code: "NATIVE_MISSING", message }, { cause });
}

/** This machine, in the words of {@link PLATFORMS}. */
function platform(): string {
  const machine = `${process.platform}-${process.arch}`;
  if (process.platform === "win32") return `${machine}-msvc`;
  if (process.platform !== "linux") return machine;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return `${machine}-${header?.glibcVersionRuntime ? "gnu" : "musl"}`;
}

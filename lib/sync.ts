/** `syncRoutes`: encode, cross once, hand back the report or an error that points at the caller. */
import type { SyncOptions, SyncReport } from "../index";
import { encode } from "./encode";
import { callSite, fromNative, isRouteSyncError, placed, RouteSyncError } from "./errors";
import type { ErrorFacts } from "./errors";
import { native } from "./native";
import type { NativeAbortHandle } from "./native";

/**
 * `async`, so that nothing is thrown at the caller; but native code is called before the first `await`: calls
 * take effect in the order in which they were made.
 */
export async function syncRoutes(options: SyncOptions): Promise<SyncReport> {
  const site = callSite(syncRoutes);
  try {
    const { signal, ...declared } = checked(options);
    return await (signal ? abortable(signal, declared) : call(declared));
  } catch (error) {
    throw isRouteSyncError(error) ? placed(error, site) : error;
  }
}

async function call(declared: object, handle?: NativeAbortHandle): Promise<SyncReport> {
  const json = encode(declared);
  const text = await native()
    .syncRoutes(json, handle)
    .catch((thrown: unknown) => {
      throw fromNative(thrown);
    });
  const answer = JSON.parse(text) as { report: SyncReport } | { error: ErrorFacts };
  if ("error" in answer) throw new RouteSyncError(answer.error);
  return answer.report;
}

async function abortable(signal: AbortSignal, declared: object): Promise<SyncReport> {
  if (signal.aborted) throw signal.reason;
  const handle = new (native().AbortHandle)();
  const release = follow(signal, handle);
  try {
    return await call(declared, handle);
  } catch (error) {
    throw signal.aborted && isRouteSyncError(error) && error.code === "ABORTED"
      ? reasonWith(error, signal.reason)
      : error;
  } finally {
    release();
  }
}

/** The calls in flight that hang on a signal. */
const followers = new WeakMap<AbortSignal, Set<NativeAbortHandle>>();

/** One listener for all calls that share a signal: Node warns of a leak from the eleventh on. */
function follow(signal: AbortSignal, handle: NativeAbortHandle): () => void {
  const handles = followers.get(signal) ?? new Set();
  followers.set(signal, handles.add(handle));
  if (handles.size === 1) signal.addEventListener("abort", abortFollowers);
  return () => {
    handles.delete(handle);
    if (handles.size === 0) signal.removeEventListener("abort", abortFollowers);
  };
}

function abortFollowers(this: AbortSignal): void {
  for (const handle of followers.get(this) ?? []) handle.abort();
}

/** The signal's reason, as of `fetch`; what stands in the store is its `cause`, where it has none of its own. */
function reasonWith(error: RouteSyncError, reason: unknown): unknown {
  if (typeof reason === "object" && reason !== null && "message" in reason && !("cause" in reason)) {
    Reflect.defineProperty(reason, "cause", { value: error, configurable: true, writable: true });
  }
  return reason;
}

function checked(options: SyncOptions): SyncOptions {
  const found = options === null ? "null" : typeof options;
  if (found !== "object") {
    throw new RouteSyncError({ code: "INVALID_OPTION", message: `the options: is ${found}, not an object` });
  }
  const signal: unknown = options.signal;
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== "function") {
    const message = "signal: is not an AbortSignal";
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "signal" } });
  }
  return options;
}

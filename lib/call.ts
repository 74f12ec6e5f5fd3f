/**
 * Calls of public functions: the options are encoded and sent to native code once. The answer is returned, or an error with the
 * caller's stack. Native code checks the options and makes the answer.
 */
import type { SyncProgress } from "./types";
import { encode, withUndefined } from "./encode";
import { isRouteSyncError, RouteSyncError } from "./errors";
import { native } from "./native";
import type { NativeAbortHandle } from "./native";
import { callSite, fromNative, placed } from "./thrown";
import type { ErrorFacts } from "./thrown";

/** The options of every call on a store that are not data. */
export interface Hearing {
  signal?: AbortSignal;
  onProgress?: (event: SyncProgress) => void;
}

/**
 * Calls the public function `name`, which the user called as `callee`. It is `async` so that it never throws, but it reads the
 * options before the first `await`.
 */
export async function invoke<T>(
  name: string,
  callee: (...args: never[]) => unknown,
  options: object,
): Promise<T> {
  const site = callSite(callee, invoke);
  try {
    const { signal, onProgress, ...declared } = checked(options as Hearing);
    if (signal?.aborted) throw signal.reason;
    const run = (handle?: NativeAbortHandle) => call<T>(name, declared, handle, onProgress);
    return await (signal ? abortable(signal, run) : run());
  } catch (error) {
    throw isRouteSyncError(error) ? placed(error, site) : error;
  }
}

async function call<T>(
  name: string,
  declared: object,
  handle?: NativeAbortHandle,
  onProgress?: (event: SyncProgress) => void,
): Promise<T> {
  const json = encode(withUndefined(declared));
  const hearing = { onProgress };
  try {
    const text = await enqueue({ name, json, handle, progress: onProgress && guarded(hearing) });
    const answer = JSON.parse(text) as { answer: T } | { error: ErrorFacts };
    if ("error" in answer) throw new RouteSyncError(answer.error);
    return answer.answer;
  } finally {
    // Later events are ignored.
    hearing.onProgress = undefined;
  }
}

/** A callback for native code. Errors of the listener become process warnings. */
function guarded(hearing: { onProgress: Hearing["onProgress"] | undefined }): (event: string) => void {
  return (event) => {
    try {
      const heard: unknown = hearing.onProgress?.(JSON.parse(event) as SyncProgress);
      // An async listener rejects later.
      if (typeof (heard as PromiseLike<unknown> | undefined)?.then === "function") {
        (heard as PromiseLike<unknown>).then(undefined, warn);
      }
    } catch (error) {
      warn(error);
    }
  };
}

function warn(error: unknown): void {
  process.emitWarning(`onProgress threw: ${words(error)}`, "RouteSyncWarning");
}

/** Without `node:util`, since a bundle without a banner cannot require modules. */
function words(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "an error that cannot be converted to text";
  }
}

interface QueuedCall {
  name: string;
  json: string;
  handle?: NativeAbortHandle | undefined;
  progress?: ((event: string) => void) | undefined;
  resolve(text: Promise<string>): void;
  reject(error: unknown): void;
}

/** The calls made since the program last yielded, in their order. */
let queue: QueuedCall[] = [];

/** Sends calls that are made in the same turn to native code together, so that they share a commit even if no read is needed first. */
function enqueue(made: Omit<QueuedCall, "resolve" | "reject">): Promise<string> {
  return new Promise((resolve, reject) => {
    if (queue.push({ ...made, resolve, reject }) === 1) queueMicrotask(flush);
  });
}

function flush(): void {
  const calls = queue;
  queue = [];
  try {
    const texts = native().call(
      calls.map(({ name }) => name),
      calls.map(({ json }) => json),
      calls.map(({ handle }) => handle),
      calls.map(({ progress }) => progress),
    );
    texts.forEach((text, index) => {
      calls[index]?.resolve(
        text.catch((thrown: unknown) => {
          throw fromNative(thrown);
        }),
      );
    });
  } catch (thrown) {
    for (const { reject } of calls) reject(fromNative(thrown));
  }
}

async function abortable<T>(signal: AbortSignal, run: (handle: NativeAbortHandle) => Promise<T>): Promise<T> {
  const handle = new (native().AbortHandle)();
  const release = follow(signal, handle);
  try {
    return await run(handle);
  } catch (error) {
    throw signal.aborted && isRouteSyncError(error) && error.code === "ABORTED"
      ? reasonWith(error, signal.reason)
      : error;
  } finally {
    release();
  }
}

/** The pending calls of each signal. */
const followers = new WeakMap<AbortSignal, Set<NativeAbortHandle>>();

/** One listener for all calls that share a signal, since Node warns of a leak from the eleventh listener on. */
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

/** The signal's reason, as for `fetch`. If it has no `cause`, the error with the state of the store becomes its cause. */
function reasonWith(error: RouteSyncError, reason: unknown): unknown {
  if (typeof reason === "object" && reason !== null && "message" in reason && !("cause" in reason)) {
    Reflect.defineProperty(reason, "cause", { value: error, configurable: true, writable: true });
  }
  return reason;
}

/** Checks that `options` is an object, and the types of `signal` and `onProgress`. */
export function checked(options: Hearing): Hearing {
  const found = options === null ? "null" : typeof options;
  if (found !== "object") {
    throw new RouteSyncError({ code: "INVALID_OPTION", message: `the options: is ${found}, not an object` });
  }
  const signal: unknown = options.signal;
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== "function") {
    const message = "signal: is not an AbortSignal";
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "signal" } });
  }
  const { onProgress } = options as { onProgress?: unknown };
  if (onProgress !== undefined && typeof onProgress !== "function") {
    const message = "onProgress: is not a function";
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "onProgress" } });
  }
  return options;
}

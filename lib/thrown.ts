/**
 * Errors on their way to the caller: what native code threw becomes a {@link RouteSyncError} that points at where the call was
 * made.
 */
import { isRouteSyncError, RouteSyncError } from "./errors";
import type { ErrorDetails, RouteSyncErrorCode } from "./types";

/** What an error says, as the native side sends it. */
export interface ErrorFacts {
  code: RouteSyncErrorCode;
  message: string;
  retryable: boolean;
  details: ErrorDetails;
}

/** Where a public function was called. */
export interface CallSite {
  stack?: string;
}

type AnyFunction = (...args: never[]) => unknown;

/** In Bun's engine a function that ends in a call has left the stack by then, and nothing is above it. */
const TAIL_CALLS = "bun" in process.versions;

/**
 * Notes the stack above `callee`, the public function that ended in a call of `inner`; formatting it is put off until
 * an error needs it.
 */
export function callSite(callee: AnyFunction, inner = callee): CallSite {
  const site: CallSite = {};
  Error.captureStackTrace(site, TAIL_CALLS ? inner : callee);
  return site;
}

/** Makes the error of a call point at where the call was made. */
export function placed(error: RouteSyncError, site: CallSite): RouteSyncError {
  const frames = site.stack?.split("\n").filter((line) => line.startsWith("    at "));
  error.stack = [`${error.name}: ${error.message}`, ...(frames ?? [])].join("\n");
  return error;
}

/** An error for what native code must never do: answer in a form that is not the contract's. */
export function internalError(found: string, cause?: unknown): RouteSyncError {
  const message = `routesync failed inside: ${found}. This is a defect: please report it with this message`;
  return new RouteSyncError({ code: "INTERNAL", message }, { cause });
}

/** The facts in what native code threw or rejected with: an error whose message is their JSON text. */
export function fromNative(thrown: unknown): RouteSyncError {
  if (isRouteSyncError(thrown)) return thrown;
  const message = String((thrown as { message?: unknown } | null | undefined)?.message ?? thrown);
  try {
    const facts = JSON.parse(message) as ErrorFacts;
    if (typeof facts.code === "string" && typeof facts.message === "string") return new RouteSyncError(facts);
  } catch {
    // Not ours: a panic, or napi refusing an argument.
  }
  return internalError(message, thrown);
}

/**
 * Converts errors of native code to {@link RouteSyncError}s with the caller's stack.
 */
import { isRouteSyncError, RouteSyncError } from "./errors";
import type { ErrorDetails, RouteSyncErrorCode } from "./types";

/** The facts of an error, as native code sends them. */
export interface ErrorFacts {
  code: RouteSyncErrorCode;
  message: string;
  retryable: boolean;
  details: ErrorDetails;
}

/** The place of a call of a public function. */
export interface CallSite {
  stack?: string;
}

type AnyFunction = (...args: never[]) => unknown;

/** In Bun's engine, a function that ends in a tail call is no longer on the stack, and a stack above it would be empty. */
const TAIL_CALLS = "bun" in process.versions;

/**
 * Captures the stack above `callee`, the public function that ended in a call of `inner`. The stack is formatted only if an error
 * needs it.
 */
export function callSite(callee: AnyFunction, inner = callee): CallSite {
  const site: CallSite = {};
  Error.captureStackTrace(site, TAIL_CALLS ? inner : callee);
  return site;
}

/** Sets the stack of a call's error to the place of the call. */
export function placed(error: RouteSyncError, site: CallSite): RouteSyncError {
  const frames = site.stack?.split("\n").filter((line) => line.startsWith("    at "));
  error.stack = [`${error.name}: ${error.message}`, ...(frames ?? [])].join("\n");
  return error;
}

/** The error for an answer of native code in an unexpected form. */
export function internalError(found: string, cause?: unknown): RouteSyncError {
  const message = `routesync failed inside: ${found}. This is a defect: please report it with this message`;
  return new RouteSyncError({ code: "INTERNAL", message }, { cause });
}

/** The error that native code threw or rejected with. Its message is the JSON of the facts. */
export function fromNative(thrown: unknown): RouteSyncError {
  if (isRouteSyncError(thrown)) return thrown;
  const message = String((thrown as { message?: unknown } | null | undefined)?.message ?? thrown);
  try {
    const facts = JSON.parse(message) as ErrorFacts;
    if (typeof facts.code === "string" && typeof facts.message === "string") return new RouteSyncError(facts);
  } catch {
    // Another error: a panic, or an argument that napi rejects.
  }
  return internalError(message, thrown);
}

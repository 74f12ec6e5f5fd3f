/**
 * The one error class. Facts come from the native side or from the facade; the stack is the caller's,
 * taken when the call was made: by the time native code answers, nobody of the caller is on the stack.
 */
import type { ErrorDetails, RouteSyncErrorCode } from "../index";

/** What an error says, as the native side sends it. */
export interface ErrorFacts {
  code: RouteSyncErrorCode;
  message: string;
  retryable: boolean;
  details: ErrorDetails;
}

/** Marks our errors for other realms and for other copies of this package. */
const brand = Symbol.for("routesync.RouteSyncError");

export class RouteSyncError extends Error {
  override readonly name: string = "RouteSyncError";
  readonly code: RouteSyncErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(facts: Partial<ErrorFacts> & Pick<ErrorFacts, "code" | "message">, options?: ErrorOptions) {
    super(facts.message, options);
    this.code = facts.code;
    this.retryable = facts.retryable ?? false;
    this.details = facts.details ?? {};
    Object.defineProperty(this, brand, { value: true });
    Object.defineProperty(this, "name", { enumerable: false });
  }

  /** Of whichever copy: a program may have this one as an ES module, and another through CommonJS. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === RouteSyncError ? isRouteSyncError(value) : super[Symbol.hasInstance](value);
  }
}

// A bundler may give the class another name, and Node prints that for an error that nobody catches.
Object.defineProperty(RouteSyncError, "name", { value: "RouteSyncError" });

export function isRouteSyncError(value: unknown): value is RouteSyncError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
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

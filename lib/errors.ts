/** The error class. */
import type { ErrorDetails, RouteSyncErrorCode } from "./types";

/** Identifies routesync's errors across realms and copies of this package. */
const brand = Symbol.for("routesync.RouteSyncError");

/** The error of a rejected call. `message` describes what was found, what is allowed and what to do. It never contains a secret. */
export class RouteSyncError extends Error {
  override readonly name: string = "RouteSyncError";

  readonly code: RouteSyncErrorCode;

  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;

  /** The facts behind the error. Only those that apply are set. */
  readonly details: ErrorDetails;

  constructor(
    facts: { code: RouteSyncErrorCode; message: string; retryable?: boolean; details?: ErrorDetails },
    options?: ErrorOptions,
  ) {
    super(facts.message, options);
    this.code = facts.code;
    this.retryable = facts.retryable ?? false;
    this.details = facts.details ?? {};
    Object.defineProperty(this, brand, { value: true });
    Object.defineProperty(this, "name", { enumerable: false });
  }

  /** Makes `instanceof` true for errors of every copy of this package. A program may load one copy as an ES module and another as CommonJS. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === RouteSyncError ? isRouteSyncError(value) : super[Symbol.hasInstance](value);
  }
}

// A bundler may rename the class, and Node prints its name for an uncaught error.
Object.defineProperty(RouteSyncError, "name", { value: "RouteSyncError" });

/**
 * Whether `value` is a {@link RouteSyncError}. The result is also true for an error of another realm (as in Jest) or of another
 * copy of this package, for which `instanceof` may be false.
 */
export function isRouteSyncError(value: unknown): value is RouteSyncError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

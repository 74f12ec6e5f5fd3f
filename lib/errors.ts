/** The one error class. */
import type { ErrorDetails, RouteSyncErrorCode } from "./types";

/** Marks our errors for other realms and for other copies of this package. */
const brand = Symbol.for("routesync.RouteSyncError");

/** A rejected call. `message` says what was found, what is allowed and what to do; it never holds a secret. */
export class RouteSyncError extends Error {
  override readonly name: string = "RouteSyncError";

  /** What went wrong. */
  readonly code: RouteSyncErrorCode;

  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  /** The facts. Only those that apply are set. */
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

  /** Makes `instanceof` true for errors of every copy of this package: a program may have one as an ES module and another as CommonJS. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === RouteSyncError ? isRouteSyncError(value) : super[Symbol.hasInstance](value);
  }
}

// A bundler may give the class another name, and Node prints that for an error that nobody catches.
Object.defineProperty(RouteSyncError, "name", { value: "RouteSyncError" });

/**
 * Whether `value` is a {@link RouteSyncError}, also one of another realm (as under Jest) or of another copy of this
 * package, where `instanceof` says no.
 */
export function isRouteSyncError(value: unknown): value is RouteSyncError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** The codes that the command exits with, and the error that stands for each. */
import type { ErrorDetails } from "../types";
import { isRouteSyncError } from "../errors";

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  changes: 3,
  unsafe: 4,
  interrupted: 130,
} as const;

/** What each code means, for `--help` and docs/cli.md. */
export const EXIT_MEANING: Record<number, string> = {
  [EXIT.done]: "done, or nothing to do",
  [EXIT.failed]: "failed: the message says why, and what to do",
  [EXIT.usage]: "the command line, the configuration or a declared route is wrong",
  [EXIT.changes]: "changes are pending (`plan --exit-code`), or `verify` found something",
  [EXIT.unsafe]:
    "unsafe or conflicting: another flag, or a yes, would be needed (`UNSAFE_PLAN`, `ROUTE_CONFLICT`, `PLAN_STALE`, `SUPERSEDED`, `LINT`, `DECLINED`)",
  [EXIT.interrupted]: "interrupted",
};

/** Codes of errors that would need another flag. */
const UNSAFE = new Set(["UNSAFE_PLAN", "ROUTE_CONFLICT", "PLAN_STALE", "SUPERSEDED", "LINT", "DECLINED"]);

/** What the command line itself refuses, beside the library's codes. */
export type CliErrorCode = "USAGE" | "CONFIG" | "DECLINED" | "IN_USE" | "INTERRUPTED";

export class CliError extends Error {
  constructor(
    readonly code: CliErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the first Ctrl-C aborts with. The library puts what stands into its `cause`. */
export class Interrupted extends Error {
  readonly code = "INTERRUPTED";
  constructor() {
    // Where a call was under way, its error is the cause and says what stands.
    super("interrupted; nothing was written");
  }
}

/** An error as `--json` tells it. */
export interface Failure {
  code: string;
  message: string;
  retryable: boolean;
  details: ErrorDetails;
}

export function failureOf(error: unknown): Failure {
  if (isRouteSyncError(error)) {
    const { code, message, retryable, details } = error;
    return { code, message, retryable, details };
  }
  if (error instanceof Interrupted) {
    const details = isRouteSyncError(error.cause) ? error.cause.details : {};
    const { stands, mayStillLand } = details;
    const told = [
      stands === undefined ? error.message : `interrupted; what stands: ${stands}`,
      mayStillLand && "; a write was sent and not answered, it may still land",
    ];
    return { code: "INTERRUPTED", message: told.filter(Boolean).join(""), retryable: true, details };
  }
  if (error instanceof CliError) {
    return { code: error.code, message: error.message, retryable: error.code === "IN_USE", details: {} };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "INTERNAL", message, retryable: false, details: {} };
}

export function exitCodeOf({ code }: Failure): number {
  if (code === "INTERRUPTED") return EXIT.interrupted;
  if (code === "USAGE" || code === "CONFIG" || code.startsWith("INVALID_")) return EXIT.usage;
  return UNSAFE.has(code) ? EXIT.unsafe : EXIT.failed;
}

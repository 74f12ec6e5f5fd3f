/** The exit codes of the command, and its errors. */
import type { ErrorDetails } from "../types";
import { isRouteSyncError } from "../errors";

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  changes: 3,
  unsafe: 4,
  unconfirmed: 5,
  interrupted: 130,
} as const;

/** The meaning of each code, for `--help` and docs/cli.md. */
export const EXIT_MEANING: Record<number, string> = {
  [EXIT.done]: "done, or nothing to do",
  [EXIT.failed]: "failed: the message gives the reason and the remedy",
  [EXIT.usage]: "the command line, the configuration or a declared route is wrong",
  [EXIT.changes]: "changes are pending (`plan --exit-code`), or `verify` found something",
  [EXIT.unsafe]:
    "unsafe or conflicting: another flag or a confirmation is needed (`UNSAFE_PLAN`, `ROUTE_CONFLICT`, `PLAN_STALE`, `SUPERSEDED`, `LINT`, `DECLINED`)",
  [EXIT.unconfirmed]: "the routes are stored, but the edge did not serve them in time (`--edge-required`)",
  [EXIT.interrupted]: "interrupted",
};

/** Codes of errors that need another flag or a confirmation. */
const UNSAFE = new Set(["UNSAFE_PLAN", "ROUTE_CONFLICT", "PLAN_STALE", "SUPERSEDED", "LINT", "DECLINED"]);

/** The command line's own codes, in addition to the library's. */
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

/** The abort reason of the first Ctrl-C. The library sets its `cause` to the error with the state of the store. */
export class Interrupted extends Error {
  readonly code = "INTERRUPTED";
  constructor() {
    // If a call was under way, its error becomes the cause, and has the state of the store.
    super("interrupted; nothing was written");
  }
}

/** An error as `--json` prints it. */
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
    const message = [
      stands === undefined ? error.message : `interrupted; state of the store: ${stands}`,
      mayStillLand && "; a write was sent and not answered, and may still take effect",
    ];
    return { code: "INTERRUPTED", message: message.filter(Boolean).join(""), retryable: true, details };
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
  if (code === "EDGE_NOT_CONFIRMED") return EXIT.unconfirmed;
  return UNSAFE.has(code) ? EXIT.unsafe : EXIT.failed;
}

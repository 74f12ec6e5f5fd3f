/** Formats numbers, times and places for the text output. */
import type { LiveRoutes, UsedEndpoint } from "../types";

/** `3 routes`, `1 route`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The state of a table's index. It is absent for a table of one value, which needs none. */
export function indexState({ index, chunks }: Pick<LiveRoutes, "index" | "chunks">): string | undefined {
  if (index === undefined) return chunks > 1 ? "no index" : undefined;
  const pages = `index of ${count(index.pages, "page")}`;
  return index.late ? `${pages}, late: the next deploy builds a new one` : pages;
}

/** A time in seconds since the epoch as `2026-11-24 01:16:00 UTC`. */
export function date(seconds: number | undefined): string {
  return seconds === undefined
    ? ""
    : `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The place to which metadata leads: the host of a URL, or the domain of a bucket or of a site's files. */
export function place(metadata: unknown): string | undefined {
  const { host, domain, s3 } = (metadata ?? {}) as Record<string, unknown>;
  const found = host ?? domain ?? (s3 as { domain?: unknown } | undefined)?.domain;
  return typeof found === "string" ? found : undefined;
}

/** A note for requests that went to another endpoint than AWS's because of AWS's configuration, and not because of the call's options. */
export function notAtAws(endpoint: UsedEndpoint | undefined): string | undefined {
  if (endpoint === undefined || endpoint.from === "client.endpoint") return undefined;
  return `at ${endpoint.url}, not at AWS, by ${endpoint.from}`;
}

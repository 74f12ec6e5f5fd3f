/** Formats numbers, times and places for the text output. */
import type { LiveRoutes, NoIndex, UsedEndpoint } from "../types";

/** `3 routes`, `1 route`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The state of a table's index, and if it has none, why. */
export function indexState({ index, noIndex }: Pick<LiveRoutes, "index" | "noIndex">): string | undefined {
  if (index === undefined) return noIndex && `no index: ${NO_INDEX[noIndex]}`;
  const pages = `index of ${count(index.pages, "page")}`;
  return index.late ? `${pages}, late: the next deploy builds a new one` : pages;
}

const NO_INDEX: Record<NoIndex, string> = {
  small: "the table has only one chunk, which a request reads in any case",
  notRequested: "turn it on with `routesync index on` or `index: true`",
  dropped: "another writer, such as SST, has dropped it; the next deploy builds it again",
  droppedTooOften: "another writer, such as SST, keeps dropping it; a deploy in 5 minutes builds it again",
  noForm: "a host, a path or an id of a route has no form in the index",
  tooLarge: "the patterns with * or the longest paths take too much room",
  newer: "a newer version of routesync has written it; upgrade routesync here",
};

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

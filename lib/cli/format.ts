/** Numbers and times as people read them. */
import type { UsedEndpoint } from "../types";

/** `3 routes`, `1 route`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** A time as people read it. */
export function date(seconds: number | undefined): string {
  return seconds === undefined
    ? ""
    : `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Where metadata leads: the host of a URL, the domain of a bucket or of a site's files. */
export function place(metadata: unknown): string | undefined {
  const { host, domain, s3 } = (metadata ?? {}) as Record<string, unknown>;
  const found = host ?? domain ?? (s3 as { domain?: unknown } | undefined)?.domain;
  return typeof found === "string" ? found : undefined;
}

/** Says that requests went elsewhere than to AWS where not the call itself but AWS's configuration said so. */
export function notAtAws(endpoint: UsedEndpoint | undefined): string | undefined {
  if (endpoint === undefined || endpoint.from === "client.endpoint") return undefined;
  return `at ${endpoint.url}, not at AWS, by ${endpoint.from}`;
}

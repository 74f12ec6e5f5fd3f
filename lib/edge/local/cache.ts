/** A cache with the key and the times of CloudFront, in memory. */
import { Readable } from "node:stream";

import type { EdgeRequest } from "../runtime";
import type { Answer } from "./answer";

/** The headers of the cache policy. */
const KEY_HEADERS = ["x-forwarded-host", "x-routesync-route", "x-open-next-cache-key"];

const MOST_ANSWERS = 1_000;
const MOST_BYTES = 8 * 1_024 * 1_024;

interface Kept extends Answer {
  body: Buffer;
  /** In milliseconds since 1970. */
  since: number;
  until: number;
}

export class Cache {
  private readonly kept = new Map<string, Kept>();

  clear(): void {
    this.kept.clear();
  }

  get(key: string): Answer | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    if (found.until <= Date.now()) {
      this.kept.delete(key);
      return undefined;
    }
    const age = Math.floor((Date.now() - found.since) / 1_000);
    return { ...found, headers: [...found.headers, ["age", String(age)]] };
  }

  /** The same answer. It is kept once its body has passed, if it may be. */
  passing(key: string, method: string, answer: Answer): Answer {
    const { status, headers, body } = answer;
    const seconds = secondsOf(headers);
    if (seconds <= 0 || status >= 400 || status === 206 || status === 304) return answer;
    const keep = (bytes: Buffer) => {
      const since = Date.now();
      const [oldest] = this.kept.keys();
      if (this.kept.size >= MOST_ANSWERS && oldest !== undefined) this.kept.delete(oldest);
      this.kept.set(key, { ...answer, body: bytes, since, until: since + seconds * 1_000 });
    };
    const length = headers.find(([name]) => name === "content-length")?.[1];
    if (method === "HEAD" || length === "0") keep(Buffer.alloc(0));
    else if (Buffer.isBuffer(body)) keep(body);
    else return { ...answer, body: Readable.from(collected(body, Number(length ?? Number.NaN), keep)) };
    return answer;
  }
}

/** Passes chunks on. All are kept before the viewer has the last one, since its next request may be for the same. */
async function* collected(
  body: Readable,
  length: number,
  keep: (bytes: Buffer) => void,
): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
    if (bytes === length && bytes <= MOST_BYTES) keep(Buffer.concat(chunks));
    yield chunk;
  }
  if (bytes !== length && bytes <= MOST_BYTES) keep(Buffer.concat(chunks));
}

/** The key of a request, or `undefined` if its answer is never kept. The name of the origin is not in it, as in CloudFront. */
export function keyOf({ method, headers }: EdgeRequest, path: string): string | undefined {
  if ((method !== "GET" && method !== "HEAD") || headers["range"]) return undefined;
  const values = KEY_HEADERS.map((name) => headers[name]?.value ?? "");
  return JSON.stringify([method, path, ...values, encodingsOf(headers["accept-encoding"]?.value)]);
}

/** The encodings that CloudFront distinguishes, as it sends them to the origin. */
export function encodingsOf(accepted = ""): string {
  const parts = accepted.toLowerCase().replaceAll(/\s/gu, "").split(",");
  const taken = new Set(
    parts.filter((part) => !/;q=0(?:\.0*)?$/u.test(part)).map((part) => part.split(";")[0]),
  );
  return ["br", "gzip"].filter((name) => taken.has(name)).join(",");
}

/** How long `Cache-Control` allows to keep an answer. */
function secondsOf(headers: Answer["headers"]): number {
  const text = headers
    .filter(([name]) => name === "cache-control")
    .map(([, value]) => value.toLowerCase())
    .join(",");
  const directives = new Map(
    text.split(",").map((part) => part.trim().split("=", 2) as [string, string | undefined]),
  );
  if (["no-store", "no-cache", "private"].some((name) => directives.has(name))) return 0;
  const seconds = directives.get("s-maxage") ?? directives.get("max-age") ?? "";
  return Number(/^"?(\d+)"?$/u.exec(seconds)?.[1] ?? 0);
}

/** Which headers pass the edge, and their forms in events and on the wire. */
import type { Value } from "../runtime";

/** Headers that functions do not see and may not add: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html */
const FORBIDDEN =
  /^(?:connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-cache|x-forwarded-proto|x-real-ip|x-amz-cf-.*|x-edge-.*)$/u;

/** Headers that functions see and may neither add, change nor delete. */
export const READ_ONLY = ["content-length", "host", "transfer-encoding", "via"];

/** Headers that concern one connection. */
const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|te|trailer|transfer-encoding|upgrade)$/u;

export const isForbidden = (name: string): boolean => FORBIDDEN.test(name.toLowerCase());

/** Adds a value under a name that may have one already. */
export function add(values: Record<string, Value>, name: string, value: string): void {
  const known = values[name];
  if (known === undefined) values[name] = { value };
  else (known.multiValue ??= [{ value: known.value }]).push({ value });
}

/** All values of each name. */
export function listed(values: Record<string, Value> | undefined): [name: string, value: string][] {
  return Object.entries(values ?? {}).flatMap(([name, { value, multiValue }]) =>
    (multiValue ?? [{ value }]).map((one): [string, string] => [name, one.value]),
  );
}

/** The pairs of a message's raw headers, with their names in lower case. */
export function pairs(raw: string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) {
    found.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  }
  return found;
}

/** The headers that are passed on: without those of the connection, and without those that `connection` names. */
export function endToEnd(headers: [string, string][]): [string, string][] {
  const named = new Set(
    headers
      .filter(([name]) => name === "connection")
      .flatMap(([, value]) => value.split(",").map((one) => one.trim().toLowerCase())),
  );
  return headers.filter(([name]) => !HOP_BY_HOP.test(name) && !named.has(name));
}

/** The headers in the form that Node's HTTP takes. */
export function grouped(headers: [string, string][]): Record<string, string | string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of headers) groups.set(name, [...(groups.get(name) ?? []), value]);
  return Object.fromEntries(
    [...groups].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

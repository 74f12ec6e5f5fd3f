/** Reads a store's keys as the edge function does (sst-format), without the code under test. */

export type Entries = Record<string, string>;

/** The table's entries as strings, in order. Throws if SST's reader would throw. */
export function table(entries: Entries, router = "678a"): string[] {
  const root = entries[`${router}:routes`];
  if (root === undefined) return [];
  const parsed: unknown = JSON.parse(root);
  const lines: unknown = Array.isArray(parsed)
    ? parsed
    : JSON.parse(
        Array.from({ length: (parsed as { parts: number }).parts }, (_, part) => {
          const chunk = entries[`${router}:routes:${part}`];
          if (chunk === undefined) throw new Error(`chunk ${part} is missing`);
          return chunk;
        }).join(""),
      );
  for (const line of lines as string[]) {
    if (typeof line !== "string" || line.split(",").length < 4) throw new Error(`bad entry ${line}`);
  }
  return lines as string[];
}

/** The entry of a pattern without a host. */
export function entryAt(entries: Entries, path: string, router = "678a"): string | undefined {
  return table(entries, router).find((line) => line.split(",")[2] === "" && line.split(",")[3] === path);
}

/** The target's host for each path, for all complete entries of routesync without a host. */
export function targets(entries: Entries, router = "678a"): Record<string, string> {
  const live: Record<string, string> = {};
  for (const line of ours(entries, router)) {
    const [type, id, , path = ""] = line.split(",");
    const metadata = entries[`${id}:metadata`];
    if (metadata === undefined) throw new Error(`${path} has no metadata`);
    const record = JSON.parse(metadata) as { host?: string; domain?: string };
    live[path] = (type === "bucket" ? record.domain : record.host) ?? "";
  }
  return live;
}

/** The entries whose id has routesync's form. */
export function ours(entries: Entries, router = "678a"): string[] {
  return table(entries, router).filter((line) =>
    /^[A-Za-z0-9]{6}\.[A-Za-z0-9]{7}$/.test(line.split(",")[1] ?? ""),
  );
}

/** The entries of others. */
export function foreign(entries: Entries, router = "678a"): string[] {
  const own = new Set(ours(entries, router));
  return table(entries, router).filter((line) => !own.has(line));
}

/** The raw JSON text of the values, in which `\u0026` differs from `&`. */
export function rawTable(entries: Entries, router = "678a"): string {
  const root = entries[`${router}:routes`] ?? "[]";
  if (root.startsWith("[")) return root;
  const { parts } = JSON.parse(root) as { parts: number };
  return Array.from({ length: parts }, (_, part) => entries[`${router}:routes:${part}`]).join("");
}

/** A table as SST writes it: Go's JSON, cut after every 1,000 bytes. */
export function writtenBySst(lines: string[], router = "678a"): Entries {
  const bytes = Buffer.from(goJson(lines));
  if (bytes.length <= 1_000) return { [`${router}:routes`]: bytes.toString() };
  const parts = Math.ceil(bytes.length / 1_000);
  const entries: Entries = { [`${router}:routes`]: JSON.stringify({ parts }) };
  for (let part = 0; part < parts; part++) {
    const cut = bytes.subarray(part * 1_000, (part + 1) * 1_000);
    entries[`${router}:routes:${part}`] = cut.toString();
  }
  return entries;
}

/** Go's `json.Marshal` escapes these characters, and writes all others as JavaScript does. */
export function goJson(value: unknown): string {
  const escapes: Record<string, string> = { "&": "\\u0026", "<": "\\u003c", ">": "\\u003e" };
  return JSON.stringify(value).replace(/[&<>]/g, (character) => escapes[character] as string);
}

/** A store's keys, read as the edge function reads them (sst-format), with no help of the code under test. */

export type Entries = Record<string, string>;

/** The table's entry strings, in order. Throws where SST's reader would. */
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

/** The entry of a host-less pattern. */
export function entryAt(entries: Entries, path: string, router = "678a"): string | undefined {
  return table(entries, router).find((line) => line.split(",")[2] === "" && line.split(",")[3] === path);
}

/** Path → host of the target, for all host-less entries that are ours and whole. */
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

/** Entries whose id has our form. */
export function ours(entries: Entries, router = "678a"): string[] {
  return table(entries, router).filter((line) =>
    /^[A-Za-z0-9]{6}\.[A-Za-z0-9]{7}$/.test(line.split(",")[1] ?? ""),
  );
}

/** Entries of anyone else. */
export function foreign(entries: Entries, router = "678a"): string[] {
  const own = new Set(ours(entries, router));
  return table(entries, router).filter((line) => !own.has(line));
}

/** What the values' JSON says, byte by byte: `\u0026` is not `&`. */
export function rawTable(entries: Entries, router = "678a"): string {
  const root = entries[`${router}:routes`] ?? "[]";
  if (root.startsWith("[")) return root;
  const { parts } = JSON.parse(root) as { parts: number };
  return Array.from({ length: parts }, (_, part) => entries[`${router}:routes:${part}`]).join("");
}

/** A table as SST writes it: Go's JSON, cut at every 1,000th byte, wherever that falls. */
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

/** Go's `json.Marshal` writes these as escapes; all else as JavaScript does. */
export function goJson(value: unknown): string {
  const escapes: Record<string, string> = { "&": "\\u0026", "<": "\\u003c", ">": "\\u003e" };
  return JSON.stringify(value).replace(/[&<>]/g, (character) => escapes[character] as string);
}

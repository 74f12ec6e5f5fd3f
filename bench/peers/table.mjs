/** What the hand-written peers share: a route table in SST's form, with ids that name the target. */
import { createHash } from "node:crypto";

/** Bytes after which SST cuts a table. */
const CHUNK_BYTES = 1_000;
/** Puts and deletes that one `UpdateKeys` takes. */
const BATCH = 50;

/** One id for one target: what a route leads to can be read off its entry, without its metadata. */
export function entryOf(path, url) {
  return `url,${createHash("sha256").update(url).digest("hex").slice(0, 12)},,${path}`;
}

export function metadataOf(url) {
  return JSON.stringify({ host: new URL(url).host, origin: {} });
}

/** The metadata that `routes` need, by key. */
export function metadataKeys(routes) {
  return Object.fromEntries(
    Object.entries(routes).map(([path, url]) => [`${idOf(entryOf(path, url))}:metadata`, metadataOf(url)]),
  );
}

export function idOf(entry) {
  return entry.split(",")[1];
}

export function pathOf(entry) {
  return entry.split(",")[3];
}

/** The keys of a table of `entries`, all of it ASCII. */
export function tableKeys(router, entries) {
  if (entries.length === 0) return {};
  const text = JSON.stringify(entries);
  if (text.length <= CHUNK_BYTES) return { [`${router}:routes`]: text };
  const chunks = text.match(new RegExp(`.{1,${CHUNK_BYTES}}`, "gs"));
  return {
    [`${router}:routes`]: JSON.stringify({ parts: chunks.length }),
    ...Object.fromEntries(chunks.map((chunk, n) => [`${router}:routes:${n}`, chunk])),
  };
}

/** The table's stored values by key, and its entries. The chunks are asked for all at once. */
export async function readTable(client, router) {
  const key = `${router}:routes`;
  const root = await client.get(key);
  if (root === undefined) return { keys: {}, entries: [] };
  const { parts } = JSON.parse(root);
  if (parts === undefined) return { keys: { [key]: root }, entries: JSON.parse(root) };
  const names = Array.from({ length: parts }, (_, n) => `${key}:${n}`);
  const chunks = await Promise.all(names.map((name) => client.get(name)));
  const keys = Object.fromEntries([[key, root], ...names.map((name, n) => [name, chunks[n]])]);
  return { keys, entries: JSON.parse(chunks.join("")) };
}

/** Writes it all in batches, each under the ETag that the one before gave; throws where somebody else wrote. */
export async function writeChained(client, etag, puts, deletes) {
  const all = [...Object.entries(puts), ...deletes.map((key) => [key, undefined])];
  for (let from = 0; from < all.length; from += BATCH) {
    const batch = all.slice(from, from + BATCH);
    const kept = batch.filter(([, value]) => value !== undefined);
    const gone = batch.filter(([, value]) => value === undefined).map(([key]) => key);
    etag = await client.update(etag, Object.fromEntries(kept), gone);
    if (!etag) throw new Error("Pre-Condition failed");
  }
}

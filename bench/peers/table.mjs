/** The common code of the hand-written peers: a route table in SST's form, with ids that are derived from the target. */
import { createHash } from "node:crypto";

/** The size in bytes of SST's chunks. */
const CHUNK_BYTES = 1_000;
/** The most puts and deletes of one `UpdateKeys`. */
const BATCH = 50;

/** The entry of a route. Each target has one id, so the entry shows the target without its metadata. */
export function entryOf(path, url) {
  return `url,${createHash("sha256").update(url).digest("hex").slice(0, 12)},,${path}`;
}

export function metadataOf(url) {
  return JSON.stringify({ host: new URL(url).host, origin: {} });
}

/** The metadata of `routes`, by key. */
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

/** The keys of a table with `entries`, which must be ASCII. */
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

/** Reads the table's stored values by key, and its entries. Requests all chunks at the same time. */
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

/** Writes in batches, each with the ETag that the previous one returned. Throws if another writer has written. */
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

/**
 * The other way, to compare with: each route is a write of its own. Describe, GetKey of the whole table, UpdateKeys
 * of the whole table; refused when anybody else wrote since, and then all of it again after 100 to 499 ms.
 *
 * This is SST's algorithm with two favours: SST writes a route's metadata in a second cycle of its own, and this
 * puts both in one; and SST cuts ids to 16 bits, where two of a thousand routes would overwrite each other.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes after which SST cuts the table. */
const CHUNK_BYTES = 1_000;

/**
 * Puts one route, or removes it without a `url`. `client` has `describe()` → etag, `get(key)` → value or nothing,
 * and `update(etag, puts, deletes)` → false when the ETag was stale. Gives up, resolving to false, once `stop()`.
 */
export async function writeRoute(client, { router, id, path, url }, stop = () => false) {
  while (!stop()) {
    const etag = await client.describe();
    const { lines, parts } = await readTable(client, router);
    const others = lines.filter((line) => line.split(",")[1] !== id);
    const wanted = url === undefined ? others : [...others, `url,${id},,${path}`];

    const { puts, deletes } = cut(router, wanted, parts);
    const metadata = `${id}:metadata`;
    if (url === undefined) deletes.push(metadata);
    else puts[metadata] = JSON.stringify({ host: new URL(url).host, origin: {} });
    if (await client.update(etag, puts, deletes)) return true;
    await sleep(100 + Math.random() * 400);
  }
  return false;
}

/** Writes all `routes`, at most `atOnce` at a time; resolves to how many were written before `stop()`. */
export async function writeRoutes(client, routes, { atOnce, stop }) {
  const waiting = routes.values();
  let written = 0;
  const worker = async () => {
    for (const route of waiting) if (await writeRoute(client, route, stop)) written += 1;
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, routes.length) }, worker));
  return written;
}

async function readTable(client, router) {
  const root = JSON.parse((await client.get(`${router}:routes`)) ?? "[]");
  if (Array.isArray(root)) return { lines: root, parts: 0 };
  const keys = Array.from({ length: root.parts }, (_, n) => `${router}:routes:${n}`);
  const chunks = await Promise.all(keys.map((key) => client.get(key)));
  // A chunk read after somebody else's write may not fit: the update is refused then, whatever it says.
  try {
    return { lines: JSON.parse(chunks.join("")), parts: root.parts };
  } catch {
    return { lines: [], parts: root.parts };
  }
}

/** The keys of a table of `lines`, where `parts` chunks stood before. All of it is ASCII here. */
function cut(router, lines, parts) {
  const text = JSON.stringify(lines);
  const deletes = [];
  const puts = {};
  const count = text.length > CHUNK_BYTES ? Math.ceil(text.length / CHUNK_BYTES) : 0;
  for (let n = 0; n < count; n++)
    puts[`${router}:routes:${n}`] = text.slice(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES);
  for (let n = count; n < parts; n++) deletes.push(`${router}:routes:${n}`);
  if (lines.length === 0) deletes.push(`${router}:routes`);
  else puts[`${router}:routes`] = count > 0 ? JSON.stringify({ parts: count }) : text;
  return { puts, deletes };
}

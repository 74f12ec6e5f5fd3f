/**
 * SST's writer, in a separate process, for the duration of a storm. Each route is two independent resources, its metadata and its entry.
 * Each one calls Describe, reads, and writes with UpdateKeys, and repeats all of this after a conflict.
 *
 * It differs from SST in two ways, without which it would lose routes of others: it discards a read whose store size differs from that of
 * Describe (SST trusts stale reads), and after a lost answer, it reads again before it writes.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { random } from "./random.mjs";
import { rawStore } from "./raw.mjs";

const { endpoint, arn, router, seed } = JSON.parse(process.argv[2]);
const store = rawStore(endpoint, arn);
const chance = random(seed);
/** The approximate number of live routes. */
const ROUTES = 25;

const stop = new AbortController();
process.on("message", () => stop.abort());
process.on("disconnect", () => process.exit());

const live = [];
let next = 0;
let writes = 0;
while (!stop.signal.aborted) {
  if (chance.next() * 2 * ROUTES > live.length) {
    const ns = (0x1000 + next).toString(16);
    // Go escapes these characters, and JavaScript does not.
    const entry = `url,${ns},,/sst/${next++}&<${ns}>`;
    await write(() => ({ puts: { [`${ns}:metadata`]: goJson({ host: `${ns}.example`, origin: {} }) } }));
    await writeTable((raws) => (raws.includes(goJson(entry)) ? undefined : [...raws, goJson(entry)]));
    live.push({ ns, entry });
  } else {
    const [{ ns, entry }] = live.splice(chance.below(live.length), 1);
    await writeTable((raws) =>
      raws.includes(goJson(entry)) ? raws.filter((raw) => raw !== goJson(entry)) : undefined,
    );
    await write(() => ({ deletes: [`${ns}:metadata`] }));
  }
  await sleep(20 + chance.below(80));
}
process.send({ writes });
process.disconnect();

/** Go's `json.Marshal` writes these as escapes. */
function goJson(value) {
  const escapes = { "&": "\\u0026", "<": "\\u003c", ">": "\\u003e" };
  return JSON.stringify(value).replace(/[&<>]/g, (character) => escapes[character]);
}

/** Writes the table that `change` returns for the raw text of the present entries. Writes nothing if it returns `undefined`. */
function writeTable(change) {
  return write(async (described) => {
    const raws = change(await readRaws(described));
    return raws && { puts: cut(`[${raws.join(",")}]`) };
  });
}

function cut(text) {
  // SST cuts by bytes. All text is ASCII here.
  if (text.length <= 1_000) return { [`${router}:routes`]: text };
  const chunks = text.match(/.{1,1000}/gs);
  const puts = chunks.map((chunk, index) => [`${router}:routes:${index}`, chunk]);
  return { [`${router}:routes`]: JSON.stringify({ parts: chunks.length }), ...Object.fromEntries(puts) };
}

async function readRaws(described) {
  const key = `${router}:routes`;
  const root = await store.get(key, described);
  const { parts = 0 } = root.startsWith("{") ? JSON.parse(root) : {};
  const indices = Array.from({ length: parts }, (_, index) => index);
  const chunks = await Promise.all(indices.map((index) => store.get(`${key}:${index}`, described)));
  return (parts ? chunks.join("") : root).match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
}

async function write(plan) {
  while (!stop.signal.aborted) {
    try {
      const described = await store.describe();
      const change = await plan(described);
      if (!change) return;
      await store.update(described.etag, change.puts ?? {}, change.deletes ?? []);
      writes += 1;
      return;
    } catch {
      // The write was rejected or lost, or a read was stale. SST waits 100 to 499 ms, but a storm has less time.
      await sleep(20 + chance.below(80));
    }
  }
}

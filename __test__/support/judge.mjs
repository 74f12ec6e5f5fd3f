/** Passes writes to the storm's judge that each break one promise, and prints its counts. */
import { Judge } from "../../bench/storm/judge.mjs";

const entry = (id, path) => `"url,${id},,${path}"`;
const [A, B] = ["aaaaaa.1111111", "aaaaaa.2222222"];
const metadata = (host) => JSON.stringify({ host, origin: {} });
const sets = [[{ "/a": "https://one.example" }, { "/a": "https://two.example" }]];
const initial = { "678a:routes": '["url,0000,,/sst"]', "0000:metadata": "{}" };
const owner = { "678a:owner:aaaaaa": '{"v":1,"owner":"o"}' };
const table = (...entries) => ({ "678a:routes": `[${['"url,0000,,/sst"', ...entries].join(",")}]` });
const right = { puts: { ...owner, ...table(entry(A, "/a")), [`${A}:metadata`]: metadata("one.example") } };
const next = { puts: { ...owner, ...table(entry(B, "/a")), [`${B}:metadata`]: metadata("two.example") } };

const cases = {
  right: [right, next],
  "a route is gone": [right, { puts: table() }],
  "a route leads back": [right, next, { puts: table(entry(A, "/a")) }],
  "a route leads to what nobody declared": [
    { puts: { ...right.puts, [`${A}:metadata`]: metadata("x.example") } },
  ],
  "the table is no JSON": [right, { puts: { "678a:routes": "[" } }],
  "a chunk is missing": [right, { puts: { "678a:routes": '{"parts":2}', "678a:routes:0": "[]" } }],
  "an entry has three fields": [right, { puts: { "678a:routes": '["url,0000,"]' } }],
  "an entry has no metadata": [{ puts: { ...owner, ...table(entry(A, "/a")) } }],
  "a pattern stands twice": [{ puts: { ...right.puts, ...table(entry(A, "/a"), entry(A, "/a")) } }],
  "metadata goes with its entry": [right, { ...next, deletes: [`${A}:metadata`] }],
  "an entry of SST is gone": [{ puts: { ...right.puts, "678a:routes": `[${entry(A, "/a")}]` } }],
  "an entry of SST is spelt otherwise": [
    { puts: { ...right.puts, "678a:routes": `["url,0000,,\\/sst",${entry(A, "/a")}]` } },
  ],
  "a key of SST is gone": [{ ...right, deletes: ["0000:metadata"] }],
};

const found = {};
for (const [name, writes] of Object.entries(cases)) {
  const judge = new Judge({ router: "678a", sets, entries: initial });
  for (const [n, { puts = {}, deletes = [] }] of writes.entries()) {
    // The second deploy has settled after its second write.
    judge.replay([{ puts, deletes }], [n >= 2 ? 2 : 0], [n === 0 ? 1 : 2]);
  }
  found[name] = Object.keys(judge.counts).filter((kind) => judge.counts[kind] > 0);
}
console.log(JSON.stringify(found));

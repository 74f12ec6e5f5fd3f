/** The storm's judge finds each kind of damage. Otherwise its result "0 lost" would prove nothing. */
import { createHash } from "node:crypto";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { node } from "./support/run";

test("the judge finds what is wrong, and nothing else", async () => {
  const found: unknown = JSON.parse(await node([join(__dirname, "support/judge.mjs")]));
  expect(found).toEqual({
    right: [],
    "a route is gone": ["lost"],
    "a route leads back": ["lost"],
    "a route leads to what nobody declared": ["lost"],
    "the table is no JSON": ["broken"],
    "a chunk is missing": ["broken"],
    "an entry has three fields": ["broken"],
    "an entry has no metadata": ["broken"],
    "a pattern stands twice": ["broken"],
    "metadata goes with its entry": ["dark"],
    "an entry of SST is gone": ["foreign"],
    "an entry of SST is spelt otherwise": ["foreign"],
    "a key of SST is gone": ["foreign"],
  });
});

interface Write {
  puts: Record<string, string>;
  deletes?: string[];
}

const [A, B] = ["aaaaaa.1111111", "aaaaaa.2222222"];
/** The entries of SST in the table. */
const SST = ["url,0000,,/sst", "url,0001,.*\\.example\\.com,/"];
const metadata = (id: string, host: string) => ({ [`${id}:metadata`]: JSON.stringify({ host, origin: {} }) });
/** A table in two chunks, with the root of an index in its marker. `id` is that of the route `/a`. */
const table = (id: string, root: string) => {
  const [first = "", ...others] = [...SST, `url,${id},,/a`].map((entry) => JSON.stringify(entry));
  return {
    "678a:routes": JSON.stringify({ parts: 2, [root]: 0 }),
    "678a:routes:0": `[${first},`,
    "678a:routes:1": `${others.join(",")}]`,
    "678a:owner:aaaaaa": '{"v":1,"owner":"o"}',
  };
};
/** A root with one page, without anchors. The wildcard's only route `/` is in the root. */
const root = (digest: string) => `1 Epoch1 1 ${digest} 4 -0 1 0 - *.example.com,1u0001,`;
/** The root of the table with this id. */
const exact = (id: string) => {
  const lines = [...SST, `url,${id},,/a`].map((entry) => `${JSON.stringify(entry)},`);
  return root(createHash("sha256").update(lines.join("")).digest("hex").slice(0, 8));
};
const ledger = (...epochs: string[]) => {
  const [live, ...old] = epochs.map((epoch) => ({ epoch, pages: 1, at: 0 }));
  return { "678a:index": JSON.stringify({ v: 1, live, old }) };
};
const page = (routes: Record<string, string>, epoch = "Epoch1") => ({
  [`678a:index:${epoch}.0`]: `${JSON.stringify(routes)}  `,
});
const routes = (id: string) => ({ "/sst": "u0000", "/a": `u${id}` });

/** Builds an index of the route `/a`. Each further write moves this route, or finishes what one has begun. */
const built: Write = {
  puts: {
    ...table(A, exact(A)),
    ...ledger("Epoch1"),
    ...page(routes(A)),
    ...metadata(A, "one.example"),
  },
};
const moved = { ...table(B, exact(B)), ...metadata(B, "two.example") };
const late: Write = { puts: { ...table(B, root("-")), ...metadata(B, "two.example") } };

const cases: Record<string, { writes: Write[]; finds: string[] }> = {
  right: { writes: [built, { puts: { ...moved, ...page(routes(B)) } }], finds: [] },
  "a late root, and its page and root": {
    writes: [built, late, { puts: page(routes(B)) }, { puts: table(B, exact(B)) }],
    finds: [],
  },
  "SST's writer drops the root": {
    writes: [built, { puts: { "678a:routes": '{"parts":2}' } }],
    finds: [],
  },
  "a page is wrong": {
    writes: [built, { puts: page({ "/sst": "u0000", "/a": "u0000" }) }],
    finds: ["index"],
  },
  "a page has no such route": { writes: [built, { puts: page({ "/sst": "u0000" }) }], finds: ["index"] },
  "a page has a route that the table has not": {
    writes: [built, { puts: page({ ...routes(A), "/a/b": "u0000" }) }],
    finds: ["index"],
  },
  "a page is missing": { writes: [built, { puts: {}, deletes: ["678a:index:Epoch1.0"] }], finds: ["index"] },
  "a page is no JSON": { writes: [built, { puts: { "678a:index:Epoch1.0": "{" } }], finds: ["index"] },
  "a page was not written": { writes: [built, { puts: moved }], finds: ["index"] },
  "the root is stale": {
    writes: [built, { puts: { ...moved, ...table(B, exact(A)), ...page(routes(B)) } }],
    finds: ["index"],
  },
  "the root has another number of pages": {
    writes: [built, { puts: table(A, exact(A).replace("Epoch1 1", "Epoch1 2")) }],
    finds: ["index"],
  },
  "the root lacks a wildcard": {
    writes: [built, { puts: table(A, exact(A).replace(/ \*.*/, "")) }],
    finds: ["index"],
  },
  "the root cannot be read": { writes: [built, { puts: table(A, "1 Epoch1") }], finds: ["index"] },
  "a page that no ledger names": { writes: [built, { puts: page({}, "Epoch2") }], finds: ["index"] },
  "a late root loses a route": {
    writes: [built, late, { puts: page({ "/sst": "u0000" }) }],
    finds: ["index"],
  },
  "a late root shows what never stood": {
    writes: [built, late, { puts: page({ "/sst": "u0000", "/a": "uaaaaaa.3333333" }) }],
    finds: ["dark", "index"],
  },
  "a late root's winner has no metadata": {
    writes: [built, late, { puts: {}, deletes: [`${A}:metadata`] }],
    finds: ["dark"],
  },
  "a new epoch without a copy of the last root": {
    writes: [
      built,
      {
        puts: {
          ...ledger("Epoch2", "Epoch1"),
          ...page(routes(A), "Epoch2"),
          ...table(A, exact(A).replace("Epoch1", "Epoch2")),
        },
      },
    ],
    finds: ["index"],
  },
};

/** Passes the writes of each case to the judge, and prints the kinds of damage that it finds. */
const program = `
  import { Judge } from "./bench/storm/judge.mjs";
  const { entries, sets, cases } = JSON.parse(process.argv[1]);
  const found = {};
  for (const [name, { writes }] of Object.entries(cases)) {
    const judge = new Judge({ router: "678a", sets, entries });
    for (const { puts, deletes = [] } of writes) judge.replay([{ puts, deletes }], [0], [2]);
    const kinds = Object.keys(judge.counts).filter((kind) => judge.counts[kind] > 0);
    found[name] = { kinds, requests: judge.index.requests };
  }
  console.log(JSON.stringify(found));
`;

test("the judge finds what is wrong with an index, and nothing else", async () => {
  const sets = [[{ "/a": "https://one.example" }, { "/a": "https://two.example" }]];
  const entries = { ...metadata("0000", "sst.example"), ...metadata("0001", "sst.example") };
  const before = { ...entries, "678a:routes": `[${SST.map((entry) => JSON.stringify(entry)).join(",")}]` };
  const input = JSON.stringify({ entries: before, sets, cases });
  const found = JSON.parse(await node(["--input-type=module", "--eval", program, input])) as Record<
    string,
    { kinds: string[]; requests: number }
  >;
  const wanted = Object.entries(cases).map(([name, { finds }]) => [name, finds]);
  expect(Object.entries(found).map(([name, { kinds }]) => [name, kinds])).toEqual(wanted);
  for (const { requests } of Object.values(found)) expect(requests).toBeGreaterThan(0);
});

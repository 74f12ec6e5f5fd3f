/**
 * Measures what requests cost in the edge functions: SST's algorithm on SST's table, and ours on a table without an index and on one with an
 * index.
 */
import { readFileSync } from "node:fs";

import { syncRoutes } from "routesync";
import { edgeFunction } from "routesync/edge";

import { tableKeys } from "../peers/table.mjs";
import { ROUTER } from "../support/routes.mjs";
import { ask, instructions, standIn, times, tool } from "./njs.mjs";
import { asSstWrites, hostile, matched, MIXED, SIZES, uniform, unmatched } from "./tables.mjs";

/** The functions and the tables that they read. */
export const READERS = {
  sst: "(a) SST's algorithm",
  scan: "(b) routesync, no index",
  index: "(c) routesync, index",
};

/** The most that a request may cost: a table of a single value, any other, and the memory. */
export const BUDGET = { small: 450_000, large: 350_000, memory: 65_536 };
/** From so many routes on, the larger tables begin. */
const LARGE = 28;

/** Requests of which the reads are counted, to find those with the most. */
const CANDIDATES = 300;
const SPREAD = 10;
/** Requests for each function that scans. Their costs are nearly the same, and counting takes longer. */
const SCANNED = 4;
const EXTREMES = 3;

const spread = (list, most) => {
  const step = Math.max(1, list.length / most);
  return Array.from({ length: Math.min(most, list.length) }, (_, n) => list[Math.floor(n * step)]);
};

const TEXTS = {
  sst: readFileSync(new URL("scan.js", import.meta.url), "utf8").replace("@router@", ROUTER),
  ...Object.fromEntries(["scan", "index"].map((reader) => [reader, edgeFunction({ router: ROUTER })])),
};

/** The cost of each reader on each table, and of hostile requests. */
export async function edgeCost(server, log = () => {}) {
  const rows = [];
  for (const table of [...SIZES.map(uniform), ...MIXED]) {
    const stores = await storesOf(server, table);
    const events = await chosen(stores, table);
    for (const [reader, keys] of Object.entries(stores)) {
      const row = { table: table.name, routes: Object.keys(table.routes).length, reader };
      const some = reader === "index" ? events : [...spread(events, SCANNED - 1), events.at(-1)];
      Object.assign(row, await costs(reader, keys, some));
      rows.push(row);
      log(row);
    }
  }
  return { tool, readCost: tool && (await standIn()), rows, hostile: await attacks(server, log) };
}

/** The values of the store for each reader. */
async function storesOf(server, { routes }) {
  const arn = await server.fresh();
  const deploy = (index) =>
    syncRoutes({
      store: arn,
      client: server.client,
      router: ROUTER,
      owner: "bench/edge",
      routes,
      gracePeriod: 0,
      index,
    });
  await deploy(false);
  const scan = await server.entries(arn);
  const { indexPages } = await deploy(true);
  const stores = { sst: asSstWrites(scan, tableKeys), scan };
  if (indexPages) stores.index = await server.entries(arn);
  return stores;
}

/** Requests spread over the table, those with the most reads and bytes, and requests that no route matches. All readers must agree. */
async function chosen(stores, table) {
  const candidates = spread(matched(table), CANDIDATES);
  const { sst, scan, index = scan } = stores;
  const found = await ask(TEXTS.index, index, candidates);
  const most = (name) =>
    [...candidates.keys()].toSorted((a, b) => found[b][name] - found[a][name]).slice(0, EXTREMES);
  const taken = new Set([...spread([...candidates.keys()], SPREAD), ...most("reads"), ...most("bytes")]);
  const events = [...[...taken].map((at) => candidates[at]), ...unmatched()];
  const answers = await Promise.all([
    ask(TEXTS.sst, sst, events),
    ask(TEXTS.scan, scan, events),
    ask(TEXTS.index, index, events),
  ]);
  events.forEach((event, at) => {
    const [first, ...others] = answers.map((list) => `${list[at].origin} ${list[at].origin && list[at].uri}`);
    const wrong = at < taken.size && first.startsWith("undefined");
    if (wrong || others.some((other) => other !== first)) {
      const { uri, headers } = event.request;
      throw new Error(`${headers.host.value}${uri}: ${[first, ...others].join("; ")}`);
    }
  });
  return events;
}

async function costs(reader, keys, events) {
  const answers = await ask(TEXTS[reader], keys, events);
  const of = (list) => ({
    median: list.toSorted((a, b) => a - b)[list.length >> 1],
    max: Math.max(...list),
  });
  const reads = answers.map((one) => one.reads);
  const figures = {
    requests: events.length,
    reads: of(reads),
    bytes: of(answers.map(({ bytes }) => bytes)),
  };
  if (!tool) return { ...figures, ms: of(await times(TEXTS[reader], keys, events)) };
  return {
    ...figures,
    instructions: of(await instructions(TEXTS[reader], keys, events, reads)),
    memory: of(answers.map(({ memory }) => memory)),
  };
}

async function attacks(server, log) {
  const tables = [
    uniform(27),
    uniform(1_000),
    MIXED.find(({ name }) => name.startsWith("130")),
    MIXED.at(-1),
  ];
  const rows = [];
  for (const table of tables) {
    const stores = await storesOf(server, table);
    const keys = stores.index ?? stores.scan;
    for (const { name, event } of hostile(table)) {
      const row = { request: name, table: table.name, routes: Object.keys(table.routes).length };
      Object.assign(row, await costs("index", keys, [event]));
      rows.push(row);
      log(row);
    }
  }
  return rows;
}

/** `{ what, found, bar, holds }` for each kind of table. A table without an index counts only if it is small. None without instructions. */
export function edgeBars({ tool: used, rows, hostile: attempts }) {
  if (!used) return [];
  const isLarge = ({ routes }) => routes >= LARGE;
  const served = rows.filter((row) => row.reader === (isLarge(row) ? "index" : "scan"));
  const kinds = (list, prefix = "") => {
    const names = new Set(list.map((row) => nameOf(row, isLarge(row))));
    return [...names].flatMap((name) => {
      const some = list.filter((row) => nameOf(row, isLarge(row)) === name);
      return compare(prefix + name, some, isLarge(some[0]));
    });
  };
  return [...kinds(served), ...kinds(attempts, "hostile, ")];
}

const nameOf = ({ table }, large) =>
  table === "paths" ? (large ? `${LARGE} paths and more` : `fewer than ${LARGE} paths`) : table;

function compare(name, list, large) {
  const bar = (what, most) => {
    const found = Math.max(...list.map((row) => row[what].max));
    const text = (value) => value.toLocaleString("en-US");
    return { what: `${name}: ${what}`, found: text(found), bar: `≤ ${text(most)}`, holds: found <= most };
  };
  return [bar("instructions", large ? BUDGET.large : BUDGET.small), bar("memory", BUDGET.memory)];
}

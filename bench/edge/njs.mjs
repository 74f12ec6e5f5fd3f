/**
 * Counts what a request costs in njs, the engine of CloudFront's runtime: instructions with valgrind's cachegrind, and memory as the
 * growth of njs's own pool. Without one of the two programs, it measures time in Node.
 */
import { execFile, spawnSync } from "node:child_process";
import crypto from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import vm from "node:vm";

const NJS = process.env.ROUTESYNC_NJS ?? "njs";
const BUFFER = { maxBuffer: 1 << 28 };
/** Requests for which memory is counted: the pool grows by blocks of 8 KB. */
const COPIES = 16;
/** The growth of the pool that is enough for an average, in bytes. */
const ENOUGH = 1 << 20;
const AT_ONCE = 2;

const output = (command, args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};
const njs = output(NJS, ["-v"]);
const valgrind = output("valgrind", ["--version"]);

/** With what the run counts. */
export const tool = njs && valgrind ? { njs, valgrind: valgrind.replace("valgrind-", "") } : undefined;

/** A store that does as little as possible, so that its share is small. `get` and `exists` are like those of CloudFront's module. */
const STORE = `
let origin;
const store = {
  get: (key) => KEYS[key] === undefined ? Promise.reject(new Error("KeyNotFound")) : Promise.resolve(KEYS[key]),
  exists: (key) => Promise.resolve(KEYS[key] !== undefined),
};
const cf = { kvs: () => store, updateRequestOrigin: (to) => { origin = to; } };
`;

/** Counts reads as well. */
const COUNTING = `
const bare = { get: store.get, exists: store.exists };
let reads, bytes;
const count = (key) => {
  reads++;
  if (KEYS[key] !== undefined) bytes += KEYS[key].length;
};
store.get = (key) => { count(key); return bare.get(key); };
store.exists = (key) => { reads++; return bare.exists(key); };
// console.log of njs 0.7.9 prints at most 2,048 characters.
const short = (text) => (text && text.length > 500 ? text.slice(0, 200) + text.length + text.slice(-200) : text);
async function measure(given) {
  reads = bytes = 0;
  origin = undefined;
  const text = JSON.stringify(given);
  const copies = [];
  for (let i = 0; i < COPIES; i++) copies.push(JSON.parse(text));
  const answer = await handler(copies[0]);
  const result = {
    reads: reads, bytes: bytes, uri: short(answer.uri), status: answer.statusCode, origin: origin && origin.domainName,
    memory: 0,
  };
  const before = MEMORY();
  let n = 1;
  while (n < COPIES && MEMORY() - before < ENOUGH) await handler(copies[n++]);
  if (n > 1) result.memory = Math.round((MEMORY() - before) / (n - 1)) + result.bytes;
  return result;
}
`;

const ALL = `
async function all() {
  for (let i = 0; i < EVENTS.length; i++) {
    const result = await measure(EVENTS[i]);
    print(JSON.stringify(result));
  }
}
all();
`;

/** Handles the requests whose numbers are the arguments. */
const SOME = `
const numbers = process.argv.slice(2).map(Number);
async function some() {
  for (let i = 0; i < numbers.length; i++) await handler(EVENTS[numbers[i]]);
}
some();
`;

const data = (keys, events) =>
  `const KEYS = ${JSON.stringify(keys)};\nconst EVENTS = ${JSON.stringify(events)};\n`;
const body = (text) => text.replaceAll(/^import cf from ?"cloudfront";/gmu, "");

/** The reads, the bytes, the answer and the memory of each request. */
export async function ask(text, keys, events) {
  const program = `const COPIES = ${COPIES}, ENOUGH = ${ENOUGH};\n${data(keys, events)}${STORE}${COUNTING}\n${body(text)}\n${ALL}`;
  const lines = [];
  if (njs) {
    // console.log of older versions quotes strings. The marks tell results from what the function prints.
    const head =
      "const MEMORY = () => njs.memoryStats.size;\nconst print = (text) => console.log('<' + text + '>');\n";
    const printed = await withFile(head + program, (file) => run(NJS, [file]));
    for (const line of printed.stdout.split("\n")) {
      const found = /<(\{.*\})>/u.exec(line);
      if (found) lines.push(found[1]);
    }
  } else {
    const print = (line) => lines.push(line);
    const done = program.replace(/all\(\);\n$/u, "all()");
    await vm.runInNewContext(done, { print, MEMORY: () => 0, require: moduleOf, Buffer, console: SILENT });
  }
  if (lines.length !== events.length) throw new Error(`${lines.length} of ${events.length} results`);
  return lines.map((line) => JSON.parse(line));
}

const SILENT = { log: () => {} };
const moduleOf = (name) => ({ crypto })[name];

/** The instructions of each request, without those of the stand-in store: how much longer a run with the request is than one without it. */
export async function instructions(text, keys, events, reads) {
  const each = await standIn();
  const program = data(keys, [events[0], ...events]) + STORE + body(text) + SOME;
  return await withFile(program, async (file) => {
    const runs = await pool([undefined, ...events.keys()], (at) =>
      refs([file, "0", ...(at === undefined ? [] : [String(at + 1)])]),
    );
    const [without, ...withOne] = runs;
    return withOne.map((found, at) => found - without - Math.round(each * reads[at]));
  });
}

let standInCost;
/** The instructions of the stand-in for one read. */
export async function standIn() {
  standInCost ??= withFile(
    `const KEYS = { a: "b" };\n${STORE}
const ready = Promise.resolve("b");
const what = process.argv[2];
const times = +process.argv[3];
async function reads() { for (let i = 0; i < times; i++) await store.get("a"); }
async function waits() { for (let i = 0; i < times; i++) await ready; }
if (what == "reads") reads(); else waits();
`,
    async (file) => {
      const many = 1_000;
      const [read, none, waited, nothing] = await pool(
        [
          ["reads", many],
          ["reads", 0],
          ["waits", many],
          ["waits", 0],
        ],
        (args) => refs([file, ...args.map(String)]),
      );
      return Math.round((read - none - (waited - nothing)) / many);
    },
  );
  return await standInCost;
}

/** Times in Node, in milliseconds: the median for each request. */
export async function times(text, keys, events) {
  const program = `${data(keys, events)}${STORE}${body(text)}\n(event) => handler(event)`;
  const handle = vm.runInNewContext(program, { require: moduleOf, Buffer, console: SILENT });
  const found = [];
  for (const one of events) {
    const list = [];
    for (let n = 0; n < 51; n++) {
      const given = structuredClone(one);
      const start = performance.now();
      await handle(given);
      list.push(performance.now() - start);
    }
    found.push(list.toSorted((a, b) => a - b)[25]);
  }
  return found;
}

async function refs(args) {
  const options = [
    "--tool=cachegrind",
    "--cache-sim=no",
    "--cachegrind-out-file=/dev/null",
    "--trace-children=yes",
  ];
  const { stderr } = await run("valgrind", [...options, NJS, ...args]);
  const found = [...stderr.matchAll(/I +refs: +([\d,]+)/gu)].at(-1);
  if (!found) throw new Error(`valgrind counted nothing: ${stderr.slice(-2_000)}`);
  return Number(found[1].replaceAll(",", ""));
}

const start = promisify(execFile);
const run = (command, args) => start(command, args, BUFFER);

async function withFile(text, use) {
  const folder = mkdtempSync(join(tmpdir(), "routesync-njs-"));
  try {
    const file = join(folder, "run.js");
    writeFileSync(file, text);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `make` for each value, a few at a time. */
async function pool(values, make) {
  const results = [];
  const left = values.map((value, at) => [at, value]);
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await make(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

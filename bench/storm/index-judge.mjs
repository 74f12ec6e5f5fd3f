/**
 * Asks the index of a router after each write, and the scanning reader with it.
 *
 * The root of an index is exact, or late. An exact one must find what a scan finds. Under a late one, a request may see the state before a
 * change, or a part of the change: it must find a route that stood, or stands, and whose metadata is there. A route that stood all the time
 * must be found.
 */
import { digestOf, epochsOf, find, findInCopy, isLate, rootOf } from "./index-reader.mjs";
import { random } from "./random.mjs";
import { isOurs, scan } from "./reader.mjs";

/** The number of routes that are asked for after each write, besides those that the write may have changed. */
const SAMPLE = 8;
/** What is put for the `*` of a pattern. `loose*` has the length of `loose14`, whose routes have a rank then. */
const FOR_STAR = ["", "x", "14", "a.b"];
const AFTER_PATH = ["/", "//", "/x", "x", "/x/y/z", "/deep"];
const LETTERS = new Map([
  ["url", "u"],
  ["bucket", "b"],
  ["site", "s"],
]);

export class IndexJudge {
  /** Requests that went through an index; those of them under a late root; and those through the copy of an older root. */
  requests = 0;
  late = 0;
  copies = 0;
  epochs = new Set();
  #router;
  #seed;
  #complain;
  /** What may be found, and what must be, under a late root of an epoch. */
  #since;

  constructor({ router, seed, complain }) {
    this.#router = router;
    this.#seed = seed;
    this.#complain = complain;
  }

  /** Looks at the state `now` after a write. Each state has the `keys` of the store, and the `table` as the scanning reader reads it. */
  look({ was, now, write }) {
    const complain = (kind, text) => this.#complain(kind, `${text}, after write ${write}`);
    try {
      this.#ledger(now.keys, complain);
      const root = rootOf(now.keys, this.#router);
      if (!root) {
        this.#since = undefined;
        return;
      }
      this.epochs.add(root.epoch);
      this.#pages(root, now, complain);
      this.#stands(root, now, complain);
      const before = rootOf(was.keys, this.#router);
      const isNew = before?.epoch !== root.epoch;
      // A root that is new, or is late no more, promises all routes at once.
      const isAll = isNew || (isLate(was.keys, this.#router) && !isLate(now.keys, this.#router));
      const chance = random(this.#seed * 31 + write);
      const entries = isAll ? now.table : this.#entries(was, now, chance);
      for (const entry of entries) {
        const requests = requestsFor(entry, now.table, chance);
        for (const request of requests) this.#ask(now, request, complain);
        if (before && isNew) this.#askCopy(now, requests[0], complain);
      }
    } catch (error) {
      complain("index", error.message);
    }
  }

  /** Checks that the ledger names each epoch that has pages. Otherwise nobody would delete them. */
  #ledger(keys, complain) {
    const { live, next, old } = epochsOf(keys, this.#router);
    const named = new Map([live, next, ...old].filter(Boolean).map(({ epoch, pages }) => [epoch, pages]));
    for (const key of keys.keys()) {
      if (!key.startsWith(`${this.#router}:index:`)) continue;
      const [epoch, page = -1] = key.slice(this.#router.length + ":index:".length).split(".");
      if (!named.has(epoch) || Number(page) >= named.get(epoch)) complain("index", `no ledger names ${key}`);
    }
  }

  /** Checks that the root's epoch is the live one, that all its pages exist, and that they have no routes beyond those of an exact root. */
  #pages({ epoch, pages, overflow }, { keys, table }, complain) {
    const { live } = epochsOf(keys, this.#router);
    if (live?.epoch !== epoch)
      complain("index", `the root is of ${epoch}, and the ledger says ${live?.epoch}`);
    const patterns = new Set(table.map(({ pattern }) => pattern));
    for (let n = 0; n < pages + overflow; n++) {
      const key = `${this.#router}:index:${epoch}.${n}`;
      if (!keys.has(key)) complain("index", `${key} is missing`);
      if (n >= pages || isLate(keys, this.#router)) continue;
      for (const name of Object.keys(pageOf(keys.get(key)))) {
        if (!patterns.has(name)) complain("index", `${key} has ${name}, and the table has not`);
      }
    }
  }

  /** The entries that a write has changed, in the table or in a page, and a few others. */
  #entries(was, now, chance) {
    const [old, present] = [was, now].map(({ table }) => new Set(table.map(({ raw }) => raw)));
    const keys = this.#changedKeys(was.keys, now.keys);
    return [
      ...now.table.filter(({ raw, pattern }) => !old.has(raw) || keys.has(pattern)),
      ...was.table.filter(({ raw }) => !present.has(raw)),
      ...Array.from({ length: now.table.length && SAMPLE }, () => now.table[chance.below(now.table.length)]),
    ];
  }

  /** The keys of routes that a write has changed in pages. */
  #changedKeys(was, now) {
    const changed = new Set();
    for (const key of now.keys()) {
      if (!key.startsWith(`${this.#router}:index:`) || was.get(key) === now.get(key)) continue;
      const [old, present] = [was, now].map((keys) => pageOf(keys.get(key)));
      for (const name of Object.keys({ ...old, ...present })) {
        if (old[name] !== present[name]) changed.add(name);
      }
    }
    return changed;
  }

  /** Checks that an exact root is that of this table, and keeps what has stood since the last exact one. */
  #stands(root, { keys, table }, complain) {
    const routes = table.map(routeOf);
    const patterns = new Set(table.map(({ pattern }) => pattern));
    if (!isLate(keys, this.#router)) {
      this.#since = { epoch: root.epoch, routes: new Set(routes), patterns };
      const digest = digestOf(table.map(({ raw }) => raw));
      if (digest !== root.digest)
        complain("index", `the root is of the table ${root.digest}, and not of ${digest}`);
    } else if (this.#since?.epoch === root.epoch) {
      for (const route of routes) this.#since.routes.add(route);
      for (const one of this.#since.patterns) if (!patterns.has(one)) this.#since.patterns.delete(one);
    } else {
      this.#since = undefined;
    }
  }

  #ask({ keys, table }, { host, uri, pattern }, complain) {
    const found = find(keys, this.#router, host, uri);
    const late = isLate(keys, this.#router);
    const what = `${host}${uri} through the ${late ? "late " : ""}index`;
    this.requests += 1;
    if (late) this.late += 1;
    if (found.page) return complain("index", `${what} needs the page ${found.page}`);
    if (!late) {
      const wanted = scan(table, host, uri);
      const [is, should] = [textOf(found.winner), wanted ? routeOf(wanted) : "nothing"];
      if (is !== should) complain("index", `${what} is ${is}, and not ${should}`);
    } else if (found.winner) {
      this.#lateWinner(found, what, complain);
    } else if (this.#since?.patterns.has(pattern)) {
      complain("index", `${what} is nothing, and ${pattern} stood all the time`);
    }
  }

  #lateWinner({ answer, winner }, what, complain) {
    // SST's writers may keep an entry without metadata.
    if (answer === "torn" && isOurs(winner.id)) {
      complain("dark", `${what} is ${textOf(winner)}, which has no metadata`);
    }
    if (this.#since && !this.#since.routes.has(textOf(winner))) {
      complain("index", `${what} is ${textOf(winner)}, which has not stood since the last exact root`);
    }
  }

  /** Checks that requests which still have the root before a new epoch find something in its copy. */
  #askCopy({ keys }, { host, uri }, complain) {
    const found = findInCopy(keys, this.#router, host, uri);
    this.copies += 1;
    if (!found) complain("index", "the last epoch has no copy of its root");
    else if (found.page) complain("index", `${host}${uri} through the copy needs the page ${found.page}`);
  }
}

/** The routes in a page. A page that is no JSON has none. */
function pageOf(text = "{}") {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** A request for the route itself, one for a path near it, and one for the same path at the host of another route. */
function requestsFor({ host, path, pattern }, table, chance) {
  const pick = (list) => list[chance.below(list.length)];
  const hostFor = (expression) =>
    expression === ""
      ? "any.example"
      : expression.replaceAll(".*", () => pick(FOR_STAR)).replaceAll("\\", "");
  const own = hostFor(host);
  const uri = path.startsWith("/") ? path : "/";
  const near = uri.replace(/\/$/, "") + pick(AFTER_PATH);
  return [
    { host: own, uri, pattern },
    { host: own, uri: near.startsWith("/") ? near : `/${near}` },
    { host: hostFor(pick(table)?.host ?? ""), uri },
  ];
}

/** A route of a table as the index has it. */
function routeOf({ type, id, pattern }) {
  return `${LETTERS.get(type) ?? "o"}${id} ${pattern}`;
}

function textOf(winner) {
  return winner ? `${winner.letter}${winner.id} ${winner.key}` : "nothing";
}

/**
 * Reads the index of a route table, for one request. It is written from the chapter "The index" of docs/design.md alone, without the code
 * under test. It looks at one state of a store. So it does not fall back to an older epoch by itself, which would hide a missing page:
 * `findInCopy` does that.
 */
import { createHash } from "node:crypto";

const VERSION = "1";

/**
 * Finds the route of a request in the index of `router`. `keys` is a `Map` from the keys of a store to their values. Returns `undefined` if
 * the router has no index that this reader knows. Otherwise `answer` is
 *
 * - `"found"`: `winner` is the route, with the letter of its type, its id and its key
 * - `"none"`: no route matches
 * - `"torn"`: a `page` is missing or is no JSON, or the metadata of the `winner` is missing
 *
 * `reads` is the number of values that the reader read, including the marker.
 */
export function find(keys, router, host, uri) {
  const root = rootOf(keys, router);
  return root && ask(keys, router, root, host, uri);
}

/** Whether the root of `router` says that its pages do not describe the table. */
export function isLate(keys, router) {
  return rootOf(keys, router)?.digest === "-";
}

/** The root in the marker of `router`, or `undefined` if there is none of a known version. */
export function rootOf(keys, router) {
  const marker = keys.get(`${router}:routes`);
  if (!marker?.startsWith("{")) return undefined;
  const texts = Object.keys(JSON.parse(marker)).filter((name) => name.startsWith(`${VERSION} `));
  if (texts.length > 1) throw new Error(`the marker of ${router} has ${texts.length} roots`);
  return texts.length === 0 ? undefined : readRoot(texts[0]);
}

/** The digest of a table. `raws` are the JSON strings of its entries. */
export function digestOf(raws) {
  return sha256(raws.map((raw) => `${raw},`).join(""))
    .toString("hex")
    .slice(0, 8);
}

/** The epochs that the ledger of `router` names, in its order. */
export function epochsOf(keys, router) {
  const ledger = keys.get(`${router}:index`);
  if (ledger === undefined) return { old: [] };
  const { v, live, next, old = [] } = JSON.parse(ledger);
  if (v !== 1) throw new Error(`the ledger of ${router} has the version ${v}`);
  return { live, next, old };
}

/**
 * Finds the route of a request as a reader does to which the live epoch is torn: in the copy of the last other epoch that the ledger
 * names. Returns `undefined` if there is no copy.
 */
export function findInCopy(keys, router, host, uri) {
  const present = rootOf(keys, router)?.epoch;
  const last = epochsOf(keys, router).old.findLast(({ epoch }) => epoch !== present);
  const copy = last && keys.get(`${router}:index:${last.epoch}`);
  return copy && ask(keys, router, readRoot(copy.trimEnd()), host, uri);
}

function readRoot(text) {
  const [version, epoch, pages, digest, longest, exact, others, overflow, anchors, ...groups] =
    text.split(" ");
  if (version !== VERSION) throw new Error(`the root has the version ${version}`);
  const root = {
    epoch,
    pages: whole(pages),
    digest,
    longest: whole(longest),
    hasExact: !exact.startsWith("-"),
    exactDepth: whole(exact.replace(/^-/, "")),
    othersDepth: whole(others),
    overflow: whole(overflow),
    anchors: new Map(),
    groups: new Map(),
  };
  if (!/^[0-9A-Za-z]{6}$/.test(epoch)) throw new Error(`the root has the epoch ${epoch}`);
  if (!/^([0-9a-f]{8}|-)$/.test(digest)) throw new Error(`the root has the digest ${digest}`);
  if (!/^(-|([0-9a-f]{4}[,!])+)$/.test(anchors)) throw new Error(`the root has the anchors ${anchors}`);
  for (const [, token, mark] of anchors.matchAll(/([0-9a-f]{4})([,!])/g)) {
    root.anchors.set(token, { hasOwn: mark === "!" });
  }
  for (const group of groups) {
    const [pattern, slash, empty] = group.split(",");
    root.groups.set(pattern, readOwn(slash, empty));
  }
  return root;
}

function whole(text) {
  if (!/^\d+$/.test(text ?? "")) throw new Error(`the root has ${text} for a number`);
  return Number(text);
}

/** The values of a group's routes `/` and empty, which are not in pages. An empty text says that there is no such route. */
function readOwn(slash, empty) {
  if (slash === undefined || empty === undefined) throw new Error("a group of the root has no two values");
  return { slash, empty };
}

function readValue(text) {
  const [, rank, letter, id] = /^(\d*)([ubso])(.+)$/s.exec(text) ?? [];
  if (id === undefined) throw new Error(`the index has the value ${text}`);
  return { rank: Number(rank), letter, id };
}

/** Thrown where a page is missing, or is no JSON. */
class Torn extends Error {
  constructor(page) {
    super(page);
    this.page = page;
  }
}

function ask(keys, router, root, host, uri) {
  const reader = new Reader(keys, router, root);
  try {
    const winner = reader.find(host, uri);
    if (!winner) return { answer: "none", reads: reader.reads };
    const answer = reader.hasMetadata(winner.id) ? "found" : "torn";
    return { answer, winner, reads: reader.reads };
  } catch (error) {
    if (error instanceof Torn) return { answer: "torn", page: error.page, reads: reader.reads };
    throw error;
  }
}

class Reader {
  /** The marker is read before. */
  reads = 1;
  #keys;
  #router;
  #root;
  #pages = new Map();

  constructor(keys, router, root) {
    this.#keys = keys;
    this.#router = router;
    this.#root = root;
  }

  find(host, uri) {
    const path = cut(uri, this.#root.longest);
    let best;
    for (const group of this.#groups(host)) {
      if (best && group.length < best.length) break;
      const found = this.#findInGroup(group, path);
      if (found && (!best || isBetter(found, best))) best = found;
    }
    return best && { letter: best.letter, id: best.id, key: best.key };
  }

  hasMetadata(id) {
    return this.#read(`${id}:metadata`) !== undefined;
  }

  /** The groups that match, from the longest to the shortest. */
  #groups(host) {
    const groups = [...this.#patterns()]
      .filter(([pattern]) => pattern !== "" && matches(pattern, host))
      .map(([text, own]) => ({ text, own, length: storedLength(text), exact: false }));
    if (this.#root.hasExact) groups.push({ text: host, length: storedLength(host), exact: true });
    groups.push({ text: "", own: this.#root.groups.get(""), length: 0, exact: false });
    return groups.toSorted((a, b) => b.length - a.length);
  }

  *#patterns() {
    yield* this.#root.groups;
    for (let n = 0; n < this.#root.overflow; n++) {
      for (const [pattern, values] of Object.entries(this.#page(this.#root.pages + n))) {
        yield [pattern, readOwn(...values.split(","))];
      }
    }
  }

  #findInGroup(group, path) {
    const key = group.text + path;
    const onTheWay = this.#walk(group, key);
    // From the deepest prefix to the shortest.
    for (const { prefix, isRead } of onTheWay.toReversed()) {
      if (!isRead) continue;
      const found = longestUnder(this.#page(this.#pageOf(prefix)), prefix, key);
      if (found) return result(group, found.key, found.value);
    }
    if (group.own?.slash && path.startsWith("/")) return result(group, `${group.text}/`, group.own.slash);
    if (group.own?.empty) return result(group, group.text, group.own.empty);
    return undefined;
  }

  /** The prefixes of `key`, as deep as the layout splits them, each with whether its page can hold a route of this key. */
  #walk({ text, exact }, key) {
    const depthOfSplit = exact ? this.#root.exactDepth : this.#root.othersDepth;
    const prefixes = [];
    let prefix = text;
    for (let depth = 0; ; depth++) {
      const anchor = this.#root.anchors.get(this.#tokenOf(prefix));
      const byDepth = depth < depthOfSplit;
      const isSplit = byDepth || anchor !== undefined;
      // The root, and no page, holds the own routes of a group without an exact host.
      const inRoot = depth === 0 && !exact;
      const isRead = isSplit ? !inRoot && (byDepth || anchor.hasOwn) : true;
      prefixes.push({ prefix, isRead });
      const next = isSplit ? nextPrefix(prefix, key) : undefined;
      if (next === undefined) return prefixes;
      prefix = next;
    }
  }

  #hash(prefix) {
    return sha256(this.#root.epoch + prefix);
  }

  #pageOf(prefix) {
    return this.#hash(prefix).readUInt32BE(0) % this.#root.pages;
  }

  #tokenOf(prefix) {
    return this.#hash(prefix).toString("hex", 4, 6);
  }

  #page(n) {
    const key = `${this.#router}:index:${this.#root.epoch}.${n}`;
    if (!this.#pages.has(n)) {
      try {
        this.#pages.set(n, JSON.parse(this.#read(key)));
      } catch {
        throw new Torn(key);
      }
    }
    return this.#pages.get(n);
  }

  #read(key) {
    this.reads += 1;
    return this.#keys.get(key);
  }
}

function result(group, key, value) {
  // Paths of groups of the same length are compared, and not keys: `*` and `.` count twice in the length of a group.
  return { length: group.length, path: key.length - group.text.length, key, ...readValue(value) };
}

function isBetter(one, other) {
  return (one.length - other.length || one.path - other.path || one.rank - other.rank) > 0;
}

/** Cuts a URI that is longer than any path of the index, after a slash, so that no part of a segment is taken for a whole one. */
function cut(uri, longest) {
  const bytes = Buffer.from(uri);
  if (bytes.length <= longest + 1) return uri;
  return bytes.toString("utf8", 0, bytes.subarray(0, longest + 1).lastIndexOf("/") + 1);
}

/** The stored host is longer than its group: `.` is stored as `\.`, and `*` as `.*`. */
function storedLength(group) {
  return group.length + (group.match(/[.*]/g) ?? []).length;
}

/** Whether the parts of a pattern between `*` appear in this order in `^host$`, without overlapping. */
function matches(pattern, host) {
  const text = `^${host}$`;
  let from = 0;
  for (const part of pattern.split("*")) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/** The next longer prefix of `key`, or `undefined` if there is no further segment. */
function nextPrefix(prefix, key) {
  // Lengths in characters give the same prefixes as lengths in bytes, since what is cut at is a slash.
  if (key.length < prefix.length + 2) return undefined;
  const end = key.indexOf("/", prefix.length + 1);
  return end < 0 ? key : key.slice(0, end);
}

/** The longest key of a page that begins with `prefix` and under which `key` is. */
function longestUnder(page, prefix, key) {
  let best;
  for (const [name, value] of Object.entries(page)) {
    if (!name.startsWith(prefix) || !isUnder(key, name)) continue;
    if (!best || name.length > best.key.length) best = { key: name, value };
  }
  return best;
}

function isUnder(key, name) {
  return (
    key.startsWith(name) && (key.length === name.length || name.endsWith("/") || key[name.length] === "/")
  );
}

function sha256(text) {
  return createHash("sha256").update(text).digest();
}

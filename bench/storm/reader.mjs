/**
 * Reads a route table as SST's edge function does. It is written from the description of the stored form alone, without the code under
 * test. It throws where that function would throw and answer every request with 503.
 */

/** The ids of routesync's entries: `<6 letters>.<7 letters>` of base62. */
const OURS = /^[0-9A-Za-z]{6}\.[0-9A-Za-z]{7}$/;

export function isOurs(id) {
  return OURS.test(id);
}

/** The entries of `router`'s table, in order, each with its raw JSON text. */
export function readTable(entries, router) {
  const text = tableText(entries, router);
  const lines = JSON.parse(text);
  if (!Array.isArray(lines)) throw new Error("the table is no array");
  // The string literals of the array. Even the escapes in entries of others must not change.
  const raws = text.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
  if (raws.length !== lines.length) throw new Error("the table holds what is no string");
  return lines.map((line, index) => readEntry(line, raws[index]));
}

function tableText(entries, router) {
  const root = entries.get(`${router}:routes`);
  if (root === undefined) return "[]";
  const parsed = JSON.parse(root);
  if (parsed === null) throw new Error("the table is null");
  if (Array.isArray(parsed)) return root;
  // The root of an index is one more member.
  if (!Number.isInteger(parsed.parts) || Object.keys(parsed).length > 2) {
    throw new Error(`${root} is no marker`);
  }
  return Array.from({ length: parsed.parts }, (_, index) => {
    const chunk = entries.get(`${router}:routes:${index}`);
    if (chunk === undefined) throw new Error(`chunk ${index} of ${parsed.parts} is missing`);
    return chunk;
  }).join("");
}

/** The number of chunks of `router`'s table; 0 if it is one value. */
export function chunksOf(entries, router) {
  return JSON.parse(entries.get(`${router}:routes`) ?? "[]").parts ?? 0;
}

function readEntry(line, raw) {
  if (typeof line !== "string") throw new Error(`${raw} is no string`);
  const fields = line.split(",");
  if (fields.length < 4) throw new Error(`${raw} has ${fields.length} fields`);
  const [type, id, host, path] = fields;
  // oxlint-disable-next-line no-new -- invalid expressions throw here as they do at the edge
  if (host.includes("*")) new RegExp(`^${host}$`);
  return {
    raw,
    type,
    id,
    host,
    path,
    pattern: `${host.replaceAll(".*", "*").replaceAll("\\", "")}${path}`,
    ours: isOurs(id),
  };
}

/** The entry that answers a request: the longest host, then the longest path, then the last one. */
export function scan(table, host, uri) {
  let best;
  for (const entry of table) {
    const shorter =
      best && (entry.host.length - best.host.length || entry.path.length - best.path.length) < 0;
    if (!shorter && matchesPath(entry.path, uri) && matchesHost(entry.host, host)) best = entry;
  }
  return best;
}

function matchesPath(path, uri) {
  return (
    uri.startsWith(path) && (uri.length === path.length || path.endsWith("/") || uri[path.length] === "/")
  );
}

function matchesHost(expression, host) {
  if (expression === "" || expression === host.replaceAll(".", "\\.")) return true;
  return expression.includes("*") && new RegExp(expression).test(`^${host}$`);
}

/** The target of an entry. Throws if a request would go to the placeholder origin instead. */
export function targetOf(entries, { type, id, pattern }) {
  const metadata = entries.get(`${id}:metadata`);
  if (metadata === undefined) throw new Error(`${pattern} has no metadata`);
  const record = JSON.parse(metadata);
  const host = type === "bucket" ? record.domain : record.host;
  if (typeof host !== "string" || typeof record.origin !== "object") {
    throw new Error(`the metadata of ${pattern} is ${metadata}`);
  }
  return host;
}

/**
 * Reads a route table as SST's edge function does. It is written from the description of the stored form alone, without the code under
 * test. It throws where that function would throw and answer every request with 503.
 */

/** The ids of routesync's entries: `<6 letters>.<7 letters>` of base62. */
const OURS = /^[0-9A-Za-z]{6}\.[0-9A-Za-z]{7}$/;

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
  if (!Number.isInteger(parsed.parts) || Object.keys(parsed).length !== 1) {
    throw new Error(`${root} is no marker`);
  }
  return Array.from({ length: parsed.parts }, (_, index) => {
    const chunk = entries.get(`${router}:routes:${index}`);
    if (chunk === undefined) throw new Error(`chunk ${index} of ${parsed.parts} is missing`);
    return chunk;
  }).join("");
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
    pattern: `${host.replaceAll(".*", "*").replaceAll("\\", "")}${path}`,
    ours: OURS.test(id),
  };
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

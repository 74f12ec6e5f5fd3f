/** What a router's readers see: the table joined, parsed and led to its metadata, as SST's edge function does. */

/** The routes of `router` among a store's `entries`, in the table's order; `target` is missing where the reader answers 502. */
export function liveRoutes(entries, router) {
  return tableOf((key) => entries[key], router).map((line) => {
    const [type, id, host, path] = line.split(",");
    const metadata = entries[`${id}:metadata`];
    const record = metadata && JSON.parse(metadata);
    const pattern = host.replaceAll(".*", "*").replaceAll("\\", "") + path;
    return { type, id, pattern, target: record && (record.host ?? record.domain) };
  });
}

/** The table's lines; `get` gives a key's value, and throws or gives nothing where there is none. */
function tableOf(get, router) {
  const root = JSON.parse(get(`${router}:routes`) ?? "[]");
  if (Array.isArray(root)) return root;
  const chunks = Array.from({ length: root.parts }, (_, n) => get(`${router}:routes:${n}`));
  return JSON.parse(chunks.join(""));
}

/**
 * The data plane with `fetch` alone. It works only with the embedded store, which checks the form of a signature, but does not verify it.
 * An unexpected answer throws.
 */
const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
const HEADERS = {
  authorization:
    `AWS4-ECDSA-P256-SHA256 Credential=STORM/${today}/cloudfront-keyvaluestore/aws4_request, ` +
    "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00",
  "x-amz-region-set": "*",
};
const TIMEOUT_MS = 1_000;

export function rawStore(endpoint, arn) {
  const base = `${endpoint}/key-value-stores/${encodeURIComponent(arn)}`;

  async function request(path, init = {}) {
    const headers = { ...HEADERS, ...init.headers };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(base + path, { ...init, headers, signal });
    const body = await response.json();
    if (response.status !== 200) throw new Error(`the store answered ${response.status}`);
    return { etag: response.headers.get("etag"), body };
  }

  return {
    async describe() {
      const { etag, body } = await request("");
      return { etag, items: body.ItemCount, bytes: body.TotalSizeInBytes };
    },
    /** Reads a key that must exist. Throws if the read is not from the state of `described`. */
    async get(key, described) {
      const { body } = await request(`/keys/${encodeURIComponent(key)}`);
      if (body.ItemCount !== described.items || body.TotalSizeInBytes !== described.bytes) {
        throw new Error("the read lags, or the store has moved");
      }
      return body.Value;
    },
    async update(etag, puts, deletes) {
      const body = JSON.stringify({
        Puts: Object.entries(puts).map(([Key, Value]) => ({ Key, Value })),
        Deletes: deletes.map((Key) => ({ Key })),
      });
      const headers = { "if-match": etag, "content-type": "application/json" };
      await request("/keys", { method: "POST", headers, body });
    },
  };
}

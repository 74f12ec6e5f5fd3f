/**
 * The data plane by `fetch` alone, for the embedded store only: it looks at the form of a signature and verifies
 * none, so this sends a form without a signature. What `one-write-per-route.mjs` needs, and no more.
 */
const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
const HEADERS = {
  authorization:
    `AWS4-ECDSA-P256-SHA256 Credential=DEMO/${today}/cloudfront-keyvaluestore/aws4_request, ` +
    "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00",
  "x-amz-region-set": "*",
};

export function rawClient({ endpoint, arn }) {
  const base = `${endpoint}/key-value-stores/${encodeURIComponent(arn)}`;

  async function request(path, init = {}) {
    const response = await fetch(base + path, { ...init, headers: { ...HEADERS, ...init.headers } });
    return { status: response.status, etag: response.headers.get("etag"), body: await response.json() };
  }

  function failed({ status, body }) {
    return new Error(`the store answered ${status}: ${JSON.stringify(body)}`);
  }

  return {
    async describe() {
      const answer = await request("");
      if (answer.status !== 200) throw failed(answer);
      return answer.etag;
    },
    async get(key) {
      const answer = await request(`/keys/${encodeURIComponent(key)}`);
      if (answer.status !== 200 && answer.status !== 404) throw failed(answer);
      return answer.status === 200 ? answer.body.Value : undefined;
    },
    async update(etag, puts, deletes) {
      const body = JSON.stringify({
        Puts: Object.entries(puts).map(([Key, Value]) => ({ Key, Value })),
        Deletes: deletes.map((Key) => ({ Key })),
      });
      const headers = { "if-match": etag, "content-type": "application/json" };
      const answer = await request("/keys", { method: "POST", headers, body });
      if (answer.status === 200) return true;
      if (/Pre-Condition failed/.test(JSON.stringify(answer.body))) return false;
      throw failed(answer);
    },
  };
}

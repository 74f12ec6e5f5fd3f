/** AWS's JavaScript SDK for all peers. `examples/support/one-write-per-route.mjs` uses the same interface. */
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
// oxlint-disable-next-line import/no-unassigned-import -- the import adds SigV4A to the client
import "@aws-sdk/signature-v4a";

/** The most keys in one page of the service's listing. */
const LISTED = 50;

/** One client for all stores of `endpoint`. It retries throttled and failed requests, which is the SDK's default. */
export function sdkClient({ endpoint, client: { credentials } }) {
  const sdk = new CloudFrontKeyValueStoreClient({
    // Pass a copy, since the SDK adds a field to it.
    credentials: { ...credentials },
    region: "us-east-1",
  });
  // If the endpoint were an option, the SDK would send requests to `http://<account>.127.0.0.1`.
  const { hostname, port, protocol } = new URL(endpoint);
  const redirect = (next) => (args) =>
    next({ ...args, request: Object.assign(args.request, { hostname, port, protocol }) });
  sdk.middlewareStack.add(redirect, { step: "build", priority: "high" });
  return (arn) => ({
    async describe() {
      return (await sdk.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }))).ETag;
    },
    async get(key) {
      try {
        return (await sdk.send(new GetKeyCommand({ KvsARN: arn, Key: key }))).Value;
      } catch (error) {
        if (error.name === "ResourceNotFoundException") return undefined;
        throw error;
      }
    },
    /** Lists all keys, page by page. */
    async list() {
      const entries = new Map();
      let NextToken;
      do {
        const page = await sdk.send(new ListKeysCommand({ KvsARN: arn, MaxResults: LISTED, NextToken }));
        for (const { Key, Value } of page.Items ?? []) entries.set(Key, Value);
        NextToken = page.NextToken;
      } while (NextToken);
      return entries;
    },
    /** Returns the new ETag, or `false` if `etag` was stale. */
    async update(etag, puts, deletes) {
      const Puts = Object.entries(puts).map(([Key, Value]) => ({ Key, Value }));
      const Deletes = deletes.map((Key) => ({ Key }));
      try {
        return (await sdk.send(new UpdateKeysCommand({ KvsARN: arn, IfMatch: etag, Puts, Deletes }))).ETag;
      } catch (error) {
        if (/Pre-Condition failed/.test(error.message)) return false;
        throw error;
      }
    },
  });
}

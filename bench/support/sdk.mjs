/** AWS's JavaScript SDK, as all peers use it; the form also suits `examples/support/one-write-per-route.mjs`. */
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
// oxlint-disable-next-line import/no-unassigned-import -- it teaches the client SigV4A by being there
import "@aws-sdk/signature-v4a";

/** The most that the service lists in one answer. */
const LISTED = 50;

/** One client for all stores of `endpoint`. It repeats what is throttled or fails, as the SDK does by default. */
export function sdkClient({ endpoint, client: { credentials } }) {
  const sdk = new CloudFrontKeyValueStoreClient({
    // A copy: the SDK notes in it where it comes from.
    credentials: { ...credentials },
    region: "us-east-1",
  });
  // As an option, the endpoint would become `http://<account>.127.0.0.1`.
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
    /** All keys, page by page: a page names the next one. */
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
    /** The new ETag; `false` where `etag` was stale. */
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

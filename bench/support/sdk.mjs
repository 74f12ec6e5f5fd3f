/** AWS's JavaScript SDK in the form that `examples/support/one-write-per-route.mjs` takes. */
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
// oxlint-disable-next-line import/no-unassigned-import -- it teaches the client SigV4A by being there
import "@aws-sdk/signature-v4a";

/** One client for all stores of `endpoint`. Connections and code are ready after a first call. */
export function sdkClient({ endpoint, client: { credentials } }) {
  const sdk = new CloudFrontKeyValueStoreClient({
    // A copy: the SDK notes in it where it comes from.
    credentials: { ...credentials },
    region: "us-east-1",
    // The loop below has its own retry, and the SDK's would resend a write with the old ETag.
    maxAttempts: 1,
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
    async update(etag, puts, deletes) {
      const Puts = Object.entries(puts).map(([Key, Value]) => ({ Key, Value }));
      const Deletes = deletes.map((Key) => ({ Key }));
      try {
        await sdk.send(new UpdateKeysCommand({ KvsARN: arn, IfMatch: etag, Puts, Deletes }));
        return true;
      } catch (error) {
        if (/Pre-Condition failed/.test(error.message)) return false;
        throw error;
      }
    },
  });
}

/**
 * (e) The algorithm of Terraform's `aws_cloudfrontkeyvaluestore_keys_exclusive`: lists the store, puts the keys that differ from the
 * declaration and deletes all others, in batches of 50 with chained ETags. It needs a store for itself.
 */
import { sdkClient } from "../support/sdk.mjs";
import { entryOf, metadataKeys, tableKeys, writeChained } from "./table.mjs";

export async function run({ server, arn, router, routes }) {
  const client = sdkClient(server)(arn);
  const etag = await client.describe();
  const stored = await client.list();
  const entries = Object.entries(routes).map(([path, url]) => entryOf(path, url));
  const wanted = { ...metadataKeys(routes), ...tableKeys(router, entries) };
  const puts = Object.entries(wanted).filter(([key, value]) => stored.get(key) !== value);
  const deletes = [...stored.keys()].filter((key) => !Object.hasOwn(wanted, key));
  await writeChained(client, etag, Object.fromEntries(puts), deletes);
}

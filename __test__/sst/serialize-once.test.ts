/** Which provider objects share the text of the first. */
import { expect, test } from "@jest/globals";

import { once } from "../../lib/sst/serialize-once";

/** What Pulumi passes: a function with exactly this text. */
const wrap = new Function("provider", "return () => provider") as (provider: object) => () => object;

/** `once` around a function that counts its calls. */
function counting() {
  const calls: object[] = [];
  const serialize = once((func) => Promise.resolve(`text ${calls.push(func() as object)}`));
  return { calls, serialize };
}

class Provider {
  constructor(readonly type: string) {}
}

test("providers of one of SST's kinds of routes share a text, each kind its own", async () => {
  const { calls, serialize } = counting();
  const types = ["Aws.KvKeys", "Aws.KvKeys", "Aws.KvRoutesUpdate", "Aws.KvKeys"];
  const texts = await Promise.all(types.map((type) => serialize(wrap(new Provider(type)))));
  expect(texts).toEqual(["text 1", "text 1", "text 2", "text 1"]);
  expect(calls).toHaveLength(2);
});

test.each<[string, () => unknown]>([
  ["another kind", wrap(new Provider("Aws.BucketFiles"))],
  ["a provider with further properties", wrap({ type: "Aws.KvKeys", region: "us-east-1" })],
  ["a provider without a type", wrap({})],
  ["another function", () => ({ type: "Aws.KvKeys" })],
  ["no provider", wrap(undefined as never)],
])("%s is serialized each time", async (_, func) => {
  const { calls, serialize } = counting();
  await serialize(func);
  await serialize(func);
  expect(calls).toHaveLength(2);
});

/** Which resources are taken over from SST, and which stay with it. */
import { describe, expect, test } from "@jest/globals";

import { isKnownProvider, kindOf, TYPE, unknownForm } from "../../lib/sst/kinds";
import type { Kind } from "../../lib/sst/kinds";
import { theirText } from "../support/sst-resources";

test.each<[string, string, Kind | undefined]>([
  [TYPE, "MyRouterRoute/apiRouteKey.sst.aws.KvKeys", "keys"],
  [TYPE, "DocsKvKeys.sst.aws.KvKeys", "keys"],
  [TYPE, "MyRouterRouteapi.example.com/xRoutesUpdate.sst.aws.KvRoutesUpdate", "entry"],
  [TYPE, "DocsInvalidation.sst.aws.DistributionInvalidation", undefined],
  [TYPE, "FilesBucketFiles.sst.aws.BucketFiles", undefined],
  [TYPE, "KvKeys", undefined],
  [TYPE, "x.sst.aws.KvKeys.more", undefined],
  ["aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey", "x.sst.aws.KvKeys", undefined],
])("%s %s is of the kind %p", (type, name, kind) => {
  expect(kindOf(type, name)).toBe(kind);
});

const PROPS: Record<Kind, object> = {
  keys: { store: "s", namespace: "117d", entries: {}, purge: false, __provider: "text" },
  entry: { store: "s", namespace: "678a", key: "routes", entry: "url,117d,,/api", __provider: "text" },
};

describe.each(Object.entries(PROPS) as [Kind, object][])("the properties of the kind %s", (kind, props) => {
  test("are known in any order", () => {
    expect(unknownForm(kind, props)).toBeUndefined();
    const reversed = Object.fromEntries(Object.entries(props).toReversed());
    expect(unknownForm(kind, reversed)).toBeUndefined();
  });

  test("with one more are unknown, and the reason names both forms", () => {
    const why = unknownForm(kind, { ...props, extra: "1" });
    expect(why).toMatch(/^it has the properties .*\bextra\b.*, and the known form has (?!.*extra)/u);
    expect(why).not.toContain("__provider");
  });

  test("with one less are unknown", () => {
    const [missing = "", ...rest] = Object.entries(props);
    expect(unknownForm(kind, Object.fromEntries(rest))).toContain(`the known form has`);
    expect(missing[0]).toBe("store");
  });
});

test("SST's provider is known for its own kind only", () => {
  expect(isKnownProvider("keys", theirText("keys"))).toBe(true);
  expect(isKnownProvider("entry", theirText("entry"))).toBe(true);
  expect(isKnownProvider("entry", theirText("keys"))).toBe(false);
  expect(isKnownProvider("keys", theirText("entry"))).toBe(false);
});

test("a provider that does not call SST's server is unknown", () => {
  expect(isKnownProvider("keys", theirText("keys").replaceAll("SST_SERVER", "OTHER_SERVER"))).toBe(false);
});

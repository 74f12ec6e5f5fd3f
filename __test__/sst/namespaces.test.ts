/** Two components of one deploy that SST gives the same namespace. */
import { expect, test } from "@jest/globals";

import { Namespaces } from "../../lib/sst/namespaces";

const STORE = "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666";
const ROUTE = "MyRouterRoute/apiRouteKey.sst.aws.KvKeys";
const SITE = "DocsKvKeys.sst.aws.KvKeys";

test("each namespace is returned as it is", () => {
  const namespaces = new Namespaces();
  expect(namespaces.claim(STORE, "117d", ROUTE)).toBe("117d");
  expect(namespaces.claim(STORE, "2c5e", SITE)).toBe("2c5e");
});

test("the second component with a namespace fails, and the error names both", () => {
  const namespaces = new Namespaces();
  namespaces.claim(STORE, "117d", ROUTE);
  expect(() => namespaces.claim(STORE, "117d", SITE)).toThrow(
    expect.objectContaining({
      code: "ROUTE_CONFLICT",
      message: expect.stringMatching(
        /^"Docs" and "MyRouterRoute\/api" have the same namespace, 117d, .*rename one of them/u,
      ),
    }),
  );
});

test("the same namespace in another store is no collision, and neither is the same resource again", () => {
  const namespaces = new Namespaces();
  namespaces.claim(STORE, "117d", ROUTE);
  expect(namespaces.claim(`${STORE}7`, "117d", SITE)).toBe("117d");
  expect(namespaces.claim(STORE, "117d", ROUTE)).toBe("117d");
});

/** `routesync check`: checks of a declaration without a store. */
import { expect, test } from "@jest/globals";

import type { RoutesCheck } from "../../index";
import { cli, json, project } from "../support/cli";
import { freshStore } from "../support/store";

test("check judges the declaration, and sends nothing", async () => {
  const store = await freshStore();
  const at = project(store, { "*.com/": "https://a.example", "a.com/": "https://b.example" });
  const { code, stdout, stderr } = await cli(["check"], at);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "✓ 2 routes, 1 warning\n" });
  expect(stderr).toMatch(/^warning ROUTE_SHADOWED: a\.com\/ can never win/u);
  expect(await json<RoutesCheck>(["check"], at)).toMatchObject({
    code: 0,
    result: { warnings: [{ code: "ROUTE_SHADOWED", pattern: "a.com/" }] },
  });
  const strict = await cli(["check", "--lint", "ROUTE_SHADOWED=error"], at);
  expect({ code: strict.code, stdout: strict.stdout }).toEqual({ code: 4, stdout: "" });
  expect(strict.stderr).toMatch(/^error LINT: .*`--lint ROUTE_SHADOWED=warn`/u);
  expect((await cli(["check"], project(store, { "/a,b": "https://a.example" }))).code).toBe(2);
  expect(store.stats().total).toBe(0);
});

test("check needs no credentials", async () => {
  const env = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  const at = { ...project(await freshStore(), { "/a": "https://a.example" }), env };
  expect(await cli(["check"], at)).toMatchObject({ code: 0, stdout: "✓ 1 route\n" });
});

import { runInNewContext } from "node:vm";

import { describe, expect, test } from "@jest/globals";

import { node } from "./support/run";
import { isRouteSyncError, RouteSyncError } from "../lib/errors";
import { callSite, fromNative, placed } from "../lib/thrown";

const facts = {
  code: "ROUTE_CONFLICT",
  message: "/api is held by other/stage",
  retryable: false,
  details: { holder: "other/stage" },
} as const;

test("an error carries its facts and prints its name", () => {
  const error = new RouteSyncError(facts);
  expect(error).toMatchObject(facts);
  expect(String(error)).toBe("RouteSyncError: /api is held by other/stage");
  expect(Object.keys(error)).toEqual(["code", "retryable", "details"]);
});

test("facts that are left out have quiet defaults", () => {
  expect(new RouteSyncError({ code: "INTERNAL", message: "m" })).toMatchObject({
    retryable: false,
    details: {},
  });
});

test("the stack begins where the call was made", () => {
  const publicFunction = () => callSite(publicFunction);
  const [site, here] = [publicFunction(), new Error("here")];
  const error = placed(new RouteSyncError(facts), site);
  const line = (text?: string) => /^.*\n.*(errors\.test\.ts:\d+)/.exec(text ?? "")?.[1];
  expect(error.stack).toMatch(/^RouteSyncError: \/api is held by other\/stage\n {4}at /);
  expect(line(error.stack)).toBe(line(here.stack));
});

test.each([
  ["the ES module", `import { syncRoutes } from "routesync"; await syncRoutes({});`],
  [
    "the ES module, thrown",
    `import { RouteSyncError } from "routesync"; throw new RouteSyncError({ code: "INTERNAL", message: "options" });`,
  ],
  [
    "CommonJS",
    `const { createRequire } = await import("node:module"); await createRequire(process.cwd() + "/x.js")("routesync").syncRoutes({});`,
  ],
])("an error of %s that nobody catches is headed by its name", async (_, program) => {
  const failed = await node(["--input-type=module", "-e", program]).catch(
    (error: { stderr: string }) => error.stderr,
  );
  expect(failed).toMatch(/^RouteSyncError: .*options|^RouteSyncError: .*missing/mu);
  expect(failed).not.toContain("_RouteSyncError:");
});

describe("isRouteSyncError", () => {
  test("knows errors of this copy, of other copies and of other realms", () => {
    expect(isRouteSyncError(new RouteSyncError(facts))).toBe(true);
    const foreign = "const e = new Error('m'); e[Symbol.for('routesync.RouteSyncError')] = true; e";
    expect(isRouteSyncError(runInNewContext(foreign))).toBe(true);
  });

  test.each([[null], [undefined], ["INTERNAL"], [new Error("x")], [{ code: "INTERNAL" }]])(
    "says no to %p",
    (value) => {
      expect(isRouteSyncError(value)).toBe(false);
    },
  );
});

describe("what native code throws", () => {
  test("becomes ours where its message is our JSON", () => {
    expect(fromNative(new Error(JSON.stringify(facts)))).toMatchObject(facts);
  });

  test.each([[new Error("a panic")], ["text"], [undefined], [new Error("[1]")], [new Error("null")]])(
    "is INTERNAL otherwise: %p",
    (thrown) => {
      expect(fromNative(thrown)).toMatchObject({ code: "INTERNAL", cause: thrown });
    },
  );
});

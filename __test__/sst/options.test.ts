/** The options of `install`: what is refused, and what reaches the provider. */
import { expect, test } from "@jest/globals";

import { isRouteSyncError } from "../../lib/errors";
import { readOptions } from "../../lib/sst/options";

/** The error of `readOptions`. */
function refused(options: object): { code: string; message: string; path: string | undefined } {
  try {
    readOptions(options, "1.2.3");
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return { code: error.code, message: error.message, path: error.details.path };
  }
  throw new Error("the options were accepted");
}

test("without options, the provider gets the documented defaults", () => {
  const defaults = { version: "1.2.3", gatherMs: 2_000, deadline: "10 minutes", verify: true };
  expect(readOptions({}, "1.2.3")).toEqual(defaults);
});

test("order concerns the program alone; all others reach the provider", () => {
  const client = { profile: "deployer" };
  const options = { gather: "0.5 seconds", client, deadline: 60, verify: "full", order: false } as const;
  const passed = { version: "1.2.3", gatherMs: 500, client, deadline: 60, verify: "full" };
  expect(readOptions(options, "1.2.3")).toEqual(passed);
});

test.each([
  [0, 0],
  [2, 2_000],
  ["1 second", 1_000],
  ["0 seconds", 0],
  ["1.5 seconds", 1_500],
])("gather: %p is %d ms", (gather, ms) => {
  expect(readOptions({ gather: gather as number }, "1").gatherMs).toBe(ms);
});

test.each([
  [2.1, "2.1"],
  [-1, "-1"],
  [NaN, "null"],
  ["3 seconds", '"3 seconds"'],
  ["1 minute", '"1 minute"'],
  ["soon", '"soon"'],
  [null, "null"],
  [{}, "{}"],
])("gather: %p is refused, with what was found and what is allowed", (gather, found) => {
  expect(refused({ gather })).toEqual({
    code: "INVALID_OPTION",
    message: `gather: expected at most 2 seconds, such as 0.5 or "1 second", found ${found}`,
    path: "gather",
  });
});

test("an unknown option is refused, and the known ones are listed", () => {
  expect(refused({ gatherr: 1 })).toEqual({
    code: "INVALID_OPTION",
    message: "gatherr: is not an option of install; known are gather, client, deadline, verify, order, edge",
    path: "gatherr",
  });
});

test("credentials are refused without being repeated, since the state would contain them", () => {
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "very-secret" };
  const { code, message, path } = refused({ client: { credentials } });
  expect([code, path]).toEqual(["INVALID_OPTION", "client.credentials"]);
  expect(message).toMatch(/would be saved in the state; name a profile or a role/u);
  expect(message).not.toMatch(/AKIAEXAMPLE|very-secret/u);
});

test("order: a value that is no boolean is refused", () => {
  expect(refused({ order: "yes" })).toMatchObject({
    message: 'order: expected true or false, found "yes"',
    path: "order",
  });
});

test.each([
  ["deadline", "2 hours"],
  ["verify", "all"],
  ["client", { endpoint: "no URL" }],
])("%s: native code refuses %p in the program", (name, value) => {
  const { message, path } = refused({ [name]: value });
  expect(message).toMatch(new RegExp(`^${name}`, "u"));
  expect(path?.split(".")[0]).toBe(name);
});

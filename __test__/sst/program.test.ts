/** The options of `install`. */
import { expect, test } from "@jest/globals";

import { isRouteSyncError } from "../../lib";
import { readOptions } from "../../lib/sst/options";

function refused(options: object): { code: string; message: string } {
  try {
    readOptions(options, "0.1.0");
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return { code: error.code, message: error.message };
  }
  throw new Error("the options were accepted");
}

test("all wrong options are refused in the program, before a text with them is in the state", () => {
  for (const [options, message] of [
    [{ gathr: 1 }, /^gathr: /],
    [{ gather: "5 seconds" }, /^gather: /],
    [{ gather: -1 }, /^gather: /],
    [{ order: "yes" }, /^order: /],
    [{ deadline: "nonsense" }, /^deadline: /],
    [{ deadline: "3 hours" }, /^deadline: /],
    [{ verify: "ful" }, /^verify: /],
    [{ client: { endpont: "https://kvs.example" } }, /^client.endpont: /],
    [{ client: { profile: 5 } }, /^client.profile: /],
    [{ client: null }, /^client: /],
    [{ client: { credentials: {} } }, /^client.credentials: /],
  ] as const) {
    expect(refused(options)).toEqual({ code: "INVALID_OPTION", message: expect.stringMatching(message) });
  }
});

test("the options of the documentation are accepted", () => {
  const client = { profile: "shop" };
  const options = { gather: 0.5, client, deadline: "5 minutes", verify: "full", order: false } as const;
  const passed = { version: "0.1.0", gatherMs: 500, client, deadline: "5 minutes", verify: "full" };
  expect(readOptions(options, "0.1.0")).toEqual(passed);
});

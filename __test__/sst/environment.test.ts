/** What the provider takes from the environment of its process: credentials, and the number of Pulumi's slots. */
import { describe, expect, test } from "@jest/globals";

import { credentialsOf } from "../../lib/sst/provider/credentials";
import { slots } from "../../lib/sst/provider/slots";

describe("credentials", () => {
  const KEYS = { SST_AWS_ACCESS_KEY_ID: "AKIA", SST_AWS_SECRET_ACCESS_KEY: "secret" };
  const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };

  test("are SST's, with the token of a role", () => {
    const env = { ...KEYS, SST_AWS_SESSION_TOKEN: "token", AWS_ACCESS_KEY_ID: "other" };
    expect(credentialsOf(undefined, env)).toEqual({ credentials: { ...credentials, sessionToken: "token" } });
  });

  test("have no token where SST sets an empty one, as for fixed keys", () => {
    expect(credentialsOf({}, { ...KEYS, SST_AWS_SESSION_TOKEN: "" })).toEqual({ credentials });
  });

  test("are those of the named profile, whatever SST has", () => {
    expect(credentialsOf({ profile: "deployer" }, KEYS)).toEqual({});
  });

  test.each([
    {},
    { SST_AWS_ACCESS_KEY_ID: "AKIA" },
    { SST_AWS_SECRET_ACCESS_KEY: "secret" },
    { ...KEYS, SST_AWS_ACCESS_KEY_ID: "" },
  ])("are AWS's default chain with %j", (env) => {
    expect(credentialsOf(undefined, env)).toEqual({});
  });

  test("are also the base of a role to assume", () => {
    const client = { assumeRole: { arn: "arn:aws:iam::123456789012:role/deployer" } };
    expect(credentialsOf(client, KEYS)).toEqual({ credentials });
  });
});

describe("slots", () => {
  test.each([
    ["what the user has set", { PULUMI_PARALLEL: "256" }, 2, { count: 256, chosen: true }],
    ["more than 16", { PULUMI_PARALLEL: "17", GOMAXPROCS: "2" }, 2, { count: 17, chosen: true }],
    ["four for each CPU by default", {}, 3, { count: 12, chosen: false }],
    ["four for each of Go's processors", { GOMAXPROCS: "2" }, 8, { count: 8, chosen: false }],
    [
      "the default where the number is no number",
      { PULUMI_PARALLEL: "many" },
      1,
      { count: 4, chosen: false },
    ],
    [
      "the default where the number is not positive",
      { PULUMI_PARALLEL: "0" },
      1,
      { count: 4, chosen: false },
    ],
    ["the default where GOMAXPROCS is no number", { GOMAXPROCS: "all" }, 2, { count: 8, chosen: false }],
  ])("are %s", (_, env, cpus, expected) => {
    expect(slots(env, cpus)).toEqual(expected);
  });
});

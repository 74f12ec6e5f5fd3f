/** Missing credentials and hosts that do not answer are errors immediately, with a remedy. */
import { tmpdir } from "node:os";

import { expect, test } from "@jest/globals";

import { node, root } from "./support/run";
import { freshStore } from "./support/store";

/** An environment without this machine's AWS configuration, and without access to EC2's metadata service. */
const BARE = { PATH: process.env["PATH"], HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: "true" };

async function refused(client: object): Promise<Record<string, unknown>> {
  const store = await freshStore();
  const options = { store: store.arn, router: "678a", owner: "o", routes: { "/a": "https://a.example" } };
  const program = `
    const { syncRoutes } = require("routesync");
    const options = ${JSON.stringify({ ...options, client: { endpoint: store.endpoint, ...client } })};
    syncRoutes(options).catch(({ code, message, retryable }) => console.log(JSON.stringify({ code, message, retryable })));
  `;
  const found = JSON.parse(await node(["-e", program], root, BARE)) as Record<string, unknown>;
  expect(store.stats().total).toBe(0);
  return found;
}

test("no credentials anywhere is NO_CREDENTIALS, and says where they may come from", async () => {
  const { code, message, retryable } = await refused({});
  expect({ code, retryable }).toEqual({ code: "NO_CREDENTIALS", retryable: false });
  expect(message).toMatch(/client\.profile.*client\.credentials/);
});

test("a profile that is not there is NO_CREDENTIALS too", async () => {
  expect(await refused({ profile: "routesync-nobody" })).toMatchObject({ code: "NO_CREDENTIALS" });
});

test("a host that does not resolve is UNREACHABLE, names the host, and is worth another try", async () => {
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
  const { code, message, retryable } = await refused({
    endpoint: "http://kvs.routesync.invalid",
    credentials,
  });
  expect({ code, retryable }).toEqual({ code: "UNREACHABLE", retryable: true });
  expect(message).toContain("kvs.routesync.invalid");
  expect(message).not.toContain("AKIAEXAMPLE");
});

/** The provider of SST's route resources, call by call, as Pulumi makes them. */
import { beforeEach, expect, jest, test } from "@jest/globals";

import { handlerText, optionsIn } from "../../lib/sst/handler";
import type { LocalStore } from "../../lib/testing";
import { holdTimeouts } from "../support/clock";
import { ProviderProcess } from "../support/sst-provider";
import { freshStore } from "../support/store";
import { table } from "../support/table";

/** Where SST's credentials come from. */
const ENV = {
  SST_AWS_ACCESS_KEY_ID: "AKIAROUTESYNCTESTING",
  SST_AWS_SECRET_ACCESS_KEY: "routesync-testing",
  SST_AWS_SESSION_TOKEN: "",
};

holdTimeouts();

let store: LocalStore;
beforeEach(async () => {
  Object.assign(process.env, ENV);
  store = await freshStore();
});

const METADATA = { metadata: "{}" };

/** A route that an earlier deploy has made. */
async function deployed(namespace: string, path: string): Promise<string> {
  const earlier = new ProviderProcess(store);
  const entry = `url,${namespace},,${path}`;
  await earlier.keys().create(earlier.keysProps(namespace, METADATA));
  await earlier.entry().create(earlier.entryProps(entry));
  return entry;
}

test("an entry that another resource has unchanged is not removed", async () => {
  const entry = await deployed("1111", "/a");
  const now = new ProviderProcess(store);
  const props = now.entryProps(entry);
  expect(await now.entry().diff("", props, props)).toEqual({ changes: false });
  await now.entry().delete("", props);
  expect(table(store.entries())).toEqual([entry]);
});

test("keys that another resource has unchanged are not removed, also if no entry names them", async () => {
  const earlier = new ProviderProcess(store);
  const entries = { ...METADATA, "/index.html": "s3" };
  await earlier.keys().create(earlier.keysProps("1111", entries));
  const now = new ProviderProcess(store);
  const props = now.keysProps("1111", entries);
  expect(await now.keys().diff("", props, props)).toEqual({ changes: false });
  await now.keys().delete("", now.keysProps("1111", METADATA));
  expect(store.entries()).toEqual({ "1111:metadata": "{}", "1111:/index.html": "s3" });
});

test("two resources that swap their entries lose none, in no state", async () => {
  const [a, b] = [await deployed("1111", "/a"), await deployed("2222", "/b")];
  const now = new ProviderProcess(store);
  const [first, second] = [now.entryProps(a), now.entryProps(b)];
  expect(await now.entry().diff("", first, second)).toEqual({ changes: true });
  expect(await now.entry().diff("", second, first)).toEqual({ changes: true });
  store.journal();
  await now.entry().update("", first, second);
  await now.entry().update("", second, first);
  expect(table(store.entries())).toEqual([a, b]);
  expect(store.journal()).toEqual([]);
});

test("other options change the resource, so that the state has them when the program does not run; another version does not", async () => {
  const now = new ProviderProcess(store);
  const props = now.keysProps("1111", METADATA);
  const withOptions = (more: object) => ({ ...props, __provider: handlerText("keys", now.options(more)) });
  expect(optionsIn(props["__provider"])).toEqual({ ...now.options(), version: undefined });
  const diff = (olds: typeof props) => now.keys().diff("", olds, props);
  expect(await diff(withOptions({ version: "0.0.9" }))).toEqual({ changes: false });
  expect(await diff(withOptions({ deadline: "2 minutes" }))).toEqual({ changes: true });
  expect(await diff(withOptions({ client: { profile: "former" } }))).toEqual({ changes: true });
  const former = withOptions({ client: { profile: "former" } });
  await now.keys().update("", former, props);
  expect(store.stats().total).toBe(0);
});

test("a dropped resource is deleted with the options of the program, and not with those in its state", async () => {
  const [entry, other] = [await deployed("1111", "/a"), await deployed("2222", "/b")];
  const now = new ProviderProcess(store);
  const props = now.entryProps(other);
  await now.entry().diff("", props, props);
  const former = { client: { profile: "routesync-nobody" } };
  await now.entry(former).delete("", now.entryProps(entry));
  await now.keys(former).delete("", now.keysProps("1111", METADATA));
  expect(Object.keys(store.entries()).toSorted()).toEqual(["2222:metadata", "678a:routes"]);
});

test("keys of other names, which SST may have stored, do not prevent the deletion", async () => {
  store.setEntries(store.arn, { "1111:metadata": "{}", "1111:other": "x" });
  const now = new ProviderProcess(store);
  await now.keys().delete("", now.keysProps("1111", { ...METADATA, other: "x" }));
  expect(store.entries()).toEqual({ "1111:other": "x" });
});

test("a deletion of keys before their entry waits for it, and does not warn", async () => {
  const entry = await deployed("1111", "/a");
  const now = new ProviderProcess(store);
  await now.keys().delete("", now.keysProps("1111", METADATA));
  expect(store.entries()["1111:metadata"]).toBe("{}");
  await now.entry().delete("", now.entryProps(entry));
  expect(store.entries()).toEqual({});
  jest.advanceTimersByTime(5_000);
  expect(now.printed.length).toBeGreaterThan(0);
  expect(now.printed.filter((line) => !line.includes("route writes in"))).toEqual([]);
});

test("a read that is older than the removal of the entry does not leave its keys behind", async () => {
  const entry = await deployed("1111", "/a");
  const now = new ProviderProcess(store);
  // The store keeps what is overwritten from now on.
  store.setFaults({ lag: { versions: 2, fraction: 0 } });
  await now.entry().delete("", now.entryProps(entry));
  // Another writer makes the provider read again, and the answers are two writes old.
  store.putRaw(store.arn, "2222:metadata", "{}");
  store.setFaults({ lag: { versions: 2, forMs: 1_500 } });
  await now.keys().delete("", now.keysProps("1111", METADATA));
  expect(store.entries()).toEqual({ "2222:metadata": "{}" });
});

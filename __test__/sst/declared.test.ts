/** What a process has declared, which later deletes of the same process must not take away. */
import { expect, test } from "@jest/globals";

import { Declared } from "../../lib/sst/provider/declared";

const KEYS = { store: "one", namespace: "117d", entries: { metadata: "{}" } };
const ENTRY = { store: "one", namespace: "678a", key: "routes", entry: "url,117d,,/api" };

test("keys are known by store and namespace", () => {
  const declared = new Declared();
  declared.addKeys(KEYS);
  expect(declared.hasKeys({ ...KEYS, entries: {} })).toBe(true);
  expect(declared.hasKeys({ ...KEYS, store: "two" })).toBe(false);
  expect(declared.hasKeys({ ...KEYS, namespace: "2c5e" })).toBe(false);
});

test("entries are known by store, router and text", () => {
  const declared = new Declared();
  declared.addEntry(ENTRY);
  expect(declared.hasEntry({ ...ENTRY })).toBe(true);
  expect(declared.hasEntry({ ...ENTRY, store: "two" })).toBe(false);
  expect(declared.hasEntry({ ...ENTRY, namespace: "beef" })).toBe(false);
  expect(declared.hasEntry({ ...ENTRY, entry: "url,117d,,/api2" })).toBe(false);
});

test("keys that wait for an entry are handed out once", () => {
  const declared = new Declared();
  declared.addWaiting(KEYS, "an entry names it");
  expect(declared.takeWaiting("two", "117d")).toBeUndefined();
  expect(declared.takeWaiting("one", "117d")).toEqual(KEYS);
  expect(declared.takeWaiting("one", "117d")).toBeUndefined();
});

test("keys that are declared again do not wait to be deleted any more", () => {
  const declared = new Declared();
  declared.addWaiting(KEYS, "an entry names it");
  declared.addKeys(KEYS);
  expect(declared.takeWaiting("one", "117d")).toBeUndefined();
});

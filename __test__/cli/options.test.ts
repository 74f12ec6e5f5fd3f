/** Each command has a flag for each option of the function that it calls. */
import { describe, expect, test } from "@jest/globals";

import type { SyncReport } from "../../index";
import { commands } from "../../lib/cli/commands";
import { json, project } from "../support/cli";
import { declare, freshStore, routes } from "../support/store";
import { table, targets } from "../support/table";

const flags = (name: string) =>
  (commands.find((command) => command.name === name)?.flags ?? []).map(({ flags: text }) => text);
const kebab = (name: string) => `--${name.replaceAll(/[A-Z]/gu, (upper) => `-${upper.toLowerCase()}`)}`;

const WRITE = ["store", "router", "deadline", "verify", "repair"];
const OWNER = [...WRITE, "owner", "generation", "gracePeriod"];
const GROWING = [...OWNER, "allowBeyondSst"];
// The configuration alone has `routes`, `part`, `previous`, `retry` and most of `client`: they are no text.
const DECLARING = ["policy", "lint", "takeover", "adopt", "allowEmpty", "maxRemoved", "history"];
const ALL = [...GROWING, ...DECLARING];

test.each([
  ["sync", ALL],
  // Nothing is written that could be verified.
  ["plan", ALL.filter((name) => name !== "verify")],
  ["check", ALL.filter((name) => name !== "verify")],
  ["rm", [...OWNER, "maxRemoved"]],
  // An owner's name would be that of the one who prunes.
  ["prune", WRITE],
  ["rollback", GROWING],
  ["release", GROWING],
  ["repair", ALL.filter((name) => !["repair", "takeover", "adopt"].includes(name))],
])("%s has its flags, and no others of a deploy", (name, options) => {
  const here = new Set(flags(name).map((text) => /--[a-z-]+/u.exec(text)?.[0]));
  const found = ALL.filter((option) => here.has(kebab(option)));
  expect(found.toSorted()).toEqual(options.toSorted());
});

describe("a flag reaches the engine", () => {
  /** Routes of the owner with two changes, beside an entry of SST. */
  async function deployed(damaged: boolean) {
    const store = await freshStore();
    store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/sst"]', "aaaa:metadata": "{}" });
    await declare(store, routes(1), { history: 3 });
    await declare(store, routes(2), { history: 3, generation: 7 });
    if (damaged) store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
    return store;
  }

  const writing: [string, ...string[]][] = [
    ["rm", "--yes"],
    ["prune", "--match", "shop/*", "--yes"],
    ["rollback", "--yes"],
    ["release", "--grace-period", "0", "--yes"],
    ["sync", "--yes"],
  ];

  test.each(writing)("%s --repair, and its --verify", async (...args) => {
    const store = await deployed(true);
    const at = project(store, routes(1));
    expect(await json(args, at)).toMatchObject({ error: { code: "TABLE_CORRUPT" } });
    const { error } = await json<SyncReport>([...args, "--repair", "--verify", "full"], at);
    expect(error).toBeUndefined();
    expect(table(store.entries())).toContain("url,aaaa,,/sst");
  });

  test.each([["rm"], ["rollback"], ["release", "--grace-period", "0"], ["repair"]])(
    "%s --generation",
    async (...args) => {
      const store = await deployed(false);
      const at = project(store, routes(2));
      expect(await json([...args, "--yes", "--generation", "6"], at)).toMatchObject({
        error: { code: "SUPERSEDED" },
      });
      expect((await json([...args, "--yes", "--generation", "8"], at)).error).toBeUndefined();
    },
  );

  test("rollback and release take --allow-beyond-sst", async () => {
    const store = await deployed(false);
    const at = project(store, routes(2));
    for (const args of [
      ["rollback", "--dry-run"],
      ["release", "--dry-run"],
    ]) {
      expect((await json([...args, "--allow-beyond-sst"], at)).error).toBeUndefined();
    }
  });

  test("repair declares as sync does, with the same configuration", async () => {
    const store = await freshStore();
    const unserved = { "/a": "http://a.example" };
    const at = project(store, unserved, {
      lint: { HTTP_ORIGIN: "off" },
      takeover: true,
      adopt: true,
      repair: true,
    });
    expect((await json(["repair", "--yes"], at)).error).toBeUndefined();
    expect(targets(store.entries())).toEqual({ "/a": "a.example" });
    expect(await json(["repair", "--yes", "--lint", "HTTP_ORIGIN=error"], at)).toMatchObject({ code: 0 });
    const fresh = project(await freshStore(), unserved, { lint: { HTTP_ORIGIN: "off" } });
    expect(await json(["repair", "--yes", "--lint", "HTTP_ORIGIN=error"], fresh)).toMatchObject({
      error: { code: "LINT" },
    });
  });
});

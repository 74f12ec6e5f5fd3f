/** The index of a table on the command line: `routesync index`, and what other commands show of it. */
import { describe, expect, test } from "@jest/globals";

import type { Explanation, LiveRoutes, SyncReport } from "../../index";
import { cli, json, project } from "../support/cli";
import { declare, freshStore, routes } from "../support/store";

const root = (entries: Record<string, string>) => Object.keys(JSON.parse(entries["678a:routes"] ?? "{}"))[1];

describe("routesync index", () => {
  test("on builds it and says how many pages it has, off gives it up", async () => {
    const store = await freshStore();
    await declare(store, routes(100));
    const at = project(store);
    const on = await cli(["index", "on"], at);
    expect(on).toMatchObject({ code: 0, stdout: expect.stringMatching(/^the index has \d+ pages\n$/u) });
    expect((await cli(["index", "on"], at)).stdout).toMatch(/^the index has \d+ pages, as before\n$/u);
    const off = await cli(["index", "off"], at);
    expect(off.code).toBe(0);
    expect(off.stdout).toMatch(
      /^the index is given up; the edge does not read its \d+ pages any more\n.*5 minutes.*\n$/u,
    );
    expect(root(store.entries())).toBeUndefined();
    expect((await cli(["index", "off"], at)).stdout).toBe("the table had no index\n");
  });

  test("says why there is none", async () => {
    const store = await freshStore();
    const at = project(store);
    expect((await cli(["index", "on"], at)).stdout).toContain(
      "there is no table yet; an index is built once",
    );
    await declare(store, routes(1));
    const one = (await cli(["index", "on"], at)).stdout;
    expect(one).toContain(
      "the table has 1 route in one value; an index is built once it has more than one chunk\n",
    );
    expect(one).toContain("set `index: true` in the configuration");
    const previews = Array.from({ length: 400 }, (_, n) => [`*.pr-${n}.example.com/`, "https://pr.example"]);
    await declare(store, Object.fromEntries(previews) as Record<string, string>);
    const missing = await cli(["index", "on"], at);
    expect(missing).toMatchObject({ code: 0, stdout: "no index was built\n" });
    expect(missing.stderr).toContain("INDEX_MISSING");
  });

  test("--json prints the report", async () => {
    const store = await freshStore();
    await declare(store, routes(100));
    const at = project(store);
    const { result } = await json<SyncReport>(["index", "on", "--verify", "full"], at);
    expect(result.indexPages).toBeGreaterThan(1);
    expect((await json<SyncReport>(["index", "off"], at)).result).not.toHaveProperty("indexPages");
  });

  test.each([[["index"]], [["index", "maybe"]], [["index", "on", "--owner", "a/b"]]])(
    "%j is a usage error",
    async (args) => {
      const store = await freshStore();
      expect((await cli(args, project(store))).code).toBe(2);
      expect(store.stats().total).toBe(0);
    },
  );
});

describe("the option `index` of a configuration", () => {
  test("reaches sync, plan, repair and release", async () => {
    const store = await freshStore();
    const declared = routes(60);
    const wanted = project(store, declared, { index: true });
    expect((await cli(["plan"], wanted)).stdout).toMatch(
      /\nindex \d+ pages, \d+ bytes, \d+ keys in the writes; at most 3 reads and \d+ thousand instructions per request with it, \d+ and \d+ thousand instructions without\n/u,
    );
    expect((await json<SyncReport>(["sync"], wanted)).result.indexPages).toBeGreaterThan(1);
    const unwanted = project(store, declared, { index: false });
    expect((await cli(["plan"], unwanted)).stdout).toContain("\nthe index is dropped\n");
    expect((await json<SyncReport>(["repair"], unwanted)).result).not.toHaveProperty("indexPages");
    const released = await json<SyncReport>(["release", "--yes", "--grace-period", "0"], wanted);
    expect(released.result.indexPages).toBeGreaterThan(1);
  });
});

describe("what other commands show", () => {
  test("ls and doctor: the pages, that there is none, or that it is late", async () => {
    const store = await freshStore();
    const at = project(store);
    const shown = async () => {
      const [ls, doctor] = [await cli(["ls"], at), await cli(["doctor"], at)];
      expect([ls.code, doctor.code]).toEqual([0, 0]);
      const footer = ls.stdout.trim().split("\n").at(-1)?.split(" · ");
      const found = footer?.filter((fact) => fact.includes("index"));
      return [...(found ?? []), /✓ index +(.*)/u.exec(doctor.stdout)?.[1]];
    };
    await declare(store, routes(10));
    // A small table needs none, so only doctor says so.
    expect(await shown()).toEqual([expect.stringMatching(/^no index: .* one chunk/u)]);
    await declare(store, routes(100));
    const none = expect.stringContaining("no index: turn it on with `routesync index on`");
    expect(await shown()).toEqual([none, none]);
    const { indexPages } = await declare(store, routes(100), { index: true });
    expect(await shown()).toEqual([`index of ${indexPages} pages`, `index of ${indexPages} pages`]);
    expect((await json<LiveRoutes>(["ls"], at)).result.index).toMatchObject({ pages: indexPages });

    const late = store.entries()["678a:routes"]?.replace(/"(1 \w+ \d+) \w+/u, '"$1 -');
    store.putRaw(store.arn, "678a:routes", late);
    const states = `index of ${indexPages} pages, late: the next deploy builds a new one`;
    expect(await shown()).toEqual([states, states]);
  });

  test("explain --reader routesync: the reads", async () => {
    const store = await freshStore();
    await declare(store, routes(100));
    const at = project(store);
    const explain = ["explain", "/r7", "--reader", "routesync"];
    expect((await cli(explain, at)).stdout).toMatch(/\n\d reads without an index, which scans the table\n$/u);
    await cli(["index", "on"], at);
    expect((await cli(explain, at)).stdout).toMatch(/\n3 reads through the index\n$/u);
    expect((await json<Explanation>(explain, at)).result).toMatchObject({ reads: 3, usesIndex: true });
    expect((await cli(["explain", "/r7"], at)).stdout).not.toContain("reads");
    expect((await cli(["explain", "/r7", "--reader", "other"], at)).code).toBe(2);
  });

  test("verify: a finding with the command that helps", async () => {
    const store = await freshStore();
    await declare(store, routes(100), { index: true });
    const at = project(store, routes(100));
    expect((await cli(["verify"], at)).code).toBe(0);
    // As SST writes it.
    const { parts } = JSON.parse(store.entries()["678a:routes"] ?? "") as { parts: number };
    store.putRaw(store.arn, "678a:routes", JSON.stringify({ parts }));
    const { stdout, code } = await cli(["verify"], at);
    expect(code).not.toBe(0);
    expect(stdout).toContain("INDEX_MISSING");
    expect(stdout).toContain("`routesync index on`");
    await cli(["index", "on"], at);
    expect((await cli(["verify"], at)).code).toBe(0);
  });
});

/** The commands that undo deploys, without a terminal. */
import { describe, expect, test } from "@jest/globals";

import type { SyncReport } from "../../index";
import { cli, json, project, ROUTES, steady } from "../support/cli";
import { freshStore } from "../support/store";

describe("release", () => {
  test("tells what it would hand back, does it, and a second time finds nothing", async () => {
    const store = await freshStore();
    const at = project(store);
    await cli(["sync"], at);
    expect(steady((await cli(["release", "--dry-run"], at)).stdout)).toMatchSnapshot("would");
    const done = await cli(["release", "--grace-period", "0"], at);
    expect(done).toMatchObject({ code: 0, stdout: "2 routes released\n" });
    expect(Object.keys(store.entries()).filter((key) => key.includes(":owner:"))).toEqual([]);
    const again = await json<SyncReport>(["release"], at);
    expect(again).toMatchObject({ code: 0, result: { changed: [] } });
  });
});

describe("rollback", () => {
  test("lists what can be undone, tells what it would do, does it, and says why it cannot", async () => {
    const store = await freshStore();
    const { "/api": api } = ROUTES;
    await cli(["sync", "--history", "5"], project(store, { "/api": api, "/old": "https://old.example" }));
    const at = project(store);
    await cli(["sync"], at);
    const before = store.entries();
    expect(steady((await cli(["rollback", "--list"], at)).stdout)).toMatchSnapshot("list");
    expect(steady((await cli(["rollback", "--dry-run"], at)).stdout)).toMatchSnapshot("dry run");
    expect(store.entries()).toEqual(before);
    const { code, result } = await json<SyncReport>(["rollback", "--to", "1"], at);
    expect({ code, result }).toMatchObject({ code: 0, result: { added: ["/old"], removed: ["/docs"] } });
    const refused = await cli(["rollback", "--to", "7"], at);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("error NO_HISTORY");
    expect(refused.stderr).toContain("from change 0 to 2");
    const both = await cli(["rollback", "--list", "--to", "1"], at);
    expect(both).toMatchObject({ code: 2, stdout: "" });
  });

  test("keeps what it replaces for as long as it is told to", async () => {
    const store = await freshStore();
    const records = () => Object.keys(store.entries()).filter((key) => key.endsWith(":metadata"));
    await cli(["sync", "--history", "1"], project(store, { "/api": "https://old.example" }));
    await cli(["sync"], project(store, { "/api": "https://new.example" }));
    const at = project(store, { "/api": "https://old.example" });
    const { code } = await json(["rollback", "--grace-period", "0"], at);
    expect(code).toBe(0);
    await cli(["sync", "--history", "0", "--grace-period", "0"], at);
    expect(records()).toHaveLength(1);
  });
});

/** Tests of the Alchemy resource in programs that Alchemy runs, each in a separate process, with its state in files. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "@jest/globals";

import { listHistory } from "../../lib";
import type { RouteTarget } from "../../index";
import type { LocalStore } from "../../lib/testing";
import { firstProgram } from "../../__test__/support/docs/blocks";
import { node } from "../../__test__/support/run";
import { freshStore } from "../../__test__/support/store";
import { foreign, table, targets } from "../../__test__/support/table";

/** A program that declares the routes in input.json. */
const PROGRAM = `
import { readFileSync } from "node:fs";

import alchemy from "alchemy";
import { Routes } from "routesync/alchemy";

const { options, resources } = JSON.parse(readFileSync("input.json", "utf8"));
try {
  const app = await alchemy("shop", { stage: "dev", ...options });
  const made = await Promise.all(Object.entries(resources).map(([id, props]) => Routes(id, props)));
  await app.finalize();
  console.log("MADE " + JSON.stringify(made));
} catch ({ code, message }) {
  console.log("FAILED " + JSON.stringify({ code, message }));
}
`;

const api = "https://api.example";
const chat = "https://chat.example";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((made) => rmSync(made, { recursive: true, force: true })));

interface Outcome {
  made?: unknown[];
  failed?: { code: string; message: string };
  /** Its output. */
  text: string;
}

class App {
  readonly folder = mkdtempSync(join(tmpdir(), "routesync-alchemy-"));

  constructor(private readonly store: LocalStore) {
    folders.push(this.folder);
    const modules = join(this.folder, "node_modules");
    mkdirSync(modules);
    for (const name of ["alchemy", "routesync"]) {
      symlinkSync(join(__dirname, "node_modules", name), join(modules, name), "junction");
    }
    writeFileSync(join(this.folder, "alchemy.run.mjs"), PROGRAM);
  }

  /** Runs the program with the routes of each resource. */
  async up(
    declared: Record<string, Record<string, RouteTarget>>,
    more: object = {},
    options: object = {},
  ): Promise<Outcome> {
    const { arn, endpoint } = this.store;
    const common = { store: arn, router: "678a", client: { endpoint }, ...more };
    const resources = Object.entries(declared).map(([id, routes]) => [id, { ...common, routes }]);
    return this.run({ options, resources: Object.fromEntries(resources) });
  }

  destroy(): Promise<Outcome> {
    return this.run({ options: { phase: "destroy" }, resources: {} });
  }

  /** Runs another program unchanged, except for the service that it calls. */
  runs(program: string): Promise<Outcome> {
    const client = JSON.stringify({ endpoint: this.store.endpoint });
    const text = program.replaceAll("store: kvs.arn", `client: ${client}, store: kvs.arn`);
    writeFileSync(join(this.folder, "alchemy.run.mjs"), text);
    return this.run({});
  }

  private async run(input: object): Promise<Outcome> {
    writeFileSync(join(this.folder, "input.json"), JSON.stringify(input));
    const env = {
      PATH: process.env["PATH"],
      HOME: this.folder,
      DO_NOT_TRACK: "1",
      AWS_ACCESS_KEY_ID: "AKIAALCHEMY",
      AWS_SECRET_ACCESS_KEY: "verysecret",
    };
    const text = await node(["alchemy.run.mjs"], this.folder, env);
    const told = (word: string) => {
      const line = new RegExp(`^${word} (.*)$`, "mu").exec(text)?.[1];
      return line === undefined ? undefined : JSON.parse(line);
    };
    return { made: told("MADE"), failed: told("FAILED"), text };
  }

  /** The whole state of Alchemy. */
  state(): string {
    const kept = join(this.folder, ".alchemy");
    return readdirSync(kept, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".json"))
      .map((file) => readFileSync(join(kept, file), "utf8"))
      .join("\n");
  }
}

describe("a stage", () => {
  test("is deployed, changed, torn down, and tells what it did", async () => {
    const store = await freshStore();
    const app = new App(store);
    const { made, text } = await app.up({ routes: { "/api": api, "/chat": chat } });
    expect(made).toEqual([
      {
        store: store.arn,
        client: { endpoint: store.endpoint },
        router: "678a",
        owner: "shop/dev",
        part: "shop/dev/routes",
        ids: { "/api": expect.any(String), "/chat": expect.any(String) },
        etag: expect.any(String),
      },
    ]);
    expect(text).toMatch(/routesync: shop\/dev\/routes: 2 added · \d+ requests · 0 conflicts/u);
    expect(targets(store.entries())).toEqual({ "/api": "api.example", "/chat": "chat.example" });

    store.resetStats();
    await app.up({ routes: { "/api": api, "/chat": chat } });
    expect(store.stats().total).toBe(0);

    await app.up({ routes: { "/api": "https://next.example" } });
    expect(targets(store.entries())).toEqual({ "/api": "next.example" });

    expect((await app.destroy()).text).toMatch(/1 removed/u);
    expect(Object.keys(store.entries()).filter((key) => !key.startsWith("678a:owner:"))).toEqual([]);
  });

  test("keeps the ids as what was there, and no credentials", async () => {
    const store = await freshStore();
    const app = new App(store);
    const { made } = await app.up({ routes: { "/api": api } });
    const [{ ids }] = made as [{ ids: Record<string, string> }];
    expect(app.state()).toContain(`"/api": "${ids["/api"]}"`);
    expect(app.state()).not.toMatch(/verysecret|AKIA/u);

    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "alsosecret" };
    const client = { endpoint: store.endpoint, credentials };
    const { failed } = await app.up({ routes: { "/api": chat } }, { client });
    expect(failed).toEqual({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/credentials.*profile/u),
    });
    expect(app.state()).not.toMatch(/alsosecret|AKIA/u);
    expect(targets(store.entries())).toEqual({ "/api": "api.example" });
  });

  test("of 20 resources made together is few writes, and each keeps to its own routes", async () => {
    const store = await freshStore({ latencyMs: 20 });
    const app = new App(store);
    const all = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`r${n}`, { [`/r${n}`]: api }]));
    await app.up(all);
    expect(Object.keys(targets(store.entries()))).toHaveLength(20);
    expect(store.stats().requests.UpdateKeys).toBeLessThan(10);

    const { r7: _, ...others } = all;
    await app.up(others);
    const left = targets(store.entries());
    expect(Object.keys(left)).toHaveLength(19);
    expect(left).not.toHaveProperty("/r7");
  });

  test("is torn down, and moves on, when the store is gone", async () => {
    const store = await freshStore();
    const app = new App(store);
    const gone = store.createStore("gone");
    await app.up({ routes: { "/api": api } }, { store: gone });
    store.deleteStore(gone);
    expect((await app.up({ routes: { "/api": api } })).text).toMatch(/no longer exists/u);
    expect(targets(store.entries())).toEqual({ "/api": "api.example" });

    const last = store.createStore("last");
    await app.up({ routes: { "/api": api } }, { store: last });
    expect(targets(store.entries())).toEqual({});
    store.deleteStore(last);
    expect((await app.destroy()).text).toMatch(/no longer exists/u);
    expect(app.state()).not.toContain("routesync::Routes");
  });
});

/** Runs a deploy, and checks after each of its writes that the routes lead to their targets. Returns the number of writes. */
async function throughout(
  store: LocalStore,
  wanted: object,
  deploy: () => Promise<unknown>,
): Promise<number> {
  store.journal();
  const entries = store.entries();
  await deploy();
  const writes = store.journal();
  for (const { puts, deletes } of writes) {
    Object.assign(entries, puts);
    for (const key of deletes) delete entries[key];
    expect(targets(entries)).toEqual(wanted);
  }
  return writes.length;
}

describe("names", () => {
  test("a renamed owner takes the routes, which stand all the time", async () => {
    const store = await freshStore();
    const app = new App(store);
    await app.up({ routes: { "/api": api } }, { owner: "shop/one" });
    const count = await throughout(store, { "/api": "api.example" }, () =>
      app.up({ routes: { "/api": api } }, { owner: "shop/two" }),
    );
    expect(count).toBeGreaterThan(0);
    expect((await app.destroy()).text).toMatch(/1 removed/u);
    expect(targets(store.entries())).toEqual({});
  });

  test("a renamed resource's routes stand all the time: the late delete leaves them", async () => {
    const store = await freshStore();
    const app = new App(store);
    await app.up({ before: { "/api": api } });
    const count = await throughout(store, { "/api": "api.example" }, () =>
      app.up({ after: { "/api": api } }),
    );
    expect(count).toBeGreaterThan(0);
  });

  test("in another router the new routes stand before the old ones go", async () => {
    const store = await freshStore();
    const app = new App(store);
    await app.up({ routes: { "/api": api } });
    store.journal();
    await app.up({ routes: { "/api": api } }, { router: "beef" });
    const writes = store.journal();
    const first = writes.findIndex(({ puts }) => "beef:routes" in puts);
    const last = writes.findIndex(({ deletes }) => deletes.includes("678a:routes"));
    expect(first).toBeGreaterThanOrEqual(0);
    expect(last).toBeGreaterThan(first);
  });
});

describe("what others hold", () => {
  const sst = {
    "678a:routes": '["url,0000,,/api"]',
    "0000:metadata": '{"host":"api.example","origin":{}}',
  };

  test.each<[string, object, object]>([
    ["the resource", { adopt: true }, {}],
    ["the app", {}, { adopt: true }],
  ])("is refused, and adopted when %s says so", async (_, more, options) => {
    const store = await freshStore();
    store.setEntries(store.arn, sst);
    const app = new App(store);
    const { failed } = await app.up({ routes: { "/api": api } });
    expect(failed).toEqual({ code: "ROUTE_CONFLICT", message: expect.stringContaining("SST") });
    expect(foreign(store.entries())).toHaveLength(1);

    const { failed: none } = await app.up({ routes: { "/api": api } }, more, options);
    expect(none).toBeUndefined();
    expect(targets(store.entries())).toEqual({ "/api": "api.example" });
  });

  test("is what a creation that failed leaves alone when it is destroyed", async () => {
    const store = await freshStore();
    store.setEntries(store.arn, sst);
    const app = new App(store);
    await app.up({ routes: { "/api": api } });
    await app.destroy();
    expect(foreign(store.entries())).toHaveLength(1);
    expect(app.state()).not.toContain("routesync::Routes");
  });
});

test("options reach the store: a history is kept, and a stage is torn down from a damaged table with `repair`", async () => {
  const store = await freshStore();
  const app = new App(store);
  await app.up({ routes: { "/api": api } }, { history: 3, repair: true });
  await app.up({ routes: { "/api": chat } }, { history: 3, repair: true });
  const { arn, client } = store;
  expect(await listHistory({ store: arn, client, router: "678a", owner: "shop/dev" })).toMatchObject({
    keep: 3,
    changes: [{ change: 1 }, { change: 0 }],
  });
  store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
  await app.destroy();
  expect(table(store.entries())).toEqual([]);
});

test("`--force` repairs what was damaged by hand", async () => {
  const store = await freshStore();
  const app = new App(store);
  await app.up({ routes: { "/api": api } });
  const key = Object.keys(store.entries()).find((name) => name.endsWith(":metadata")) as string;
  store.putRaw(store.arn, key);
  await app.up({ routes: { "/api": api } });
  expect(store.entries()).not.toHaveProperty([key]);
  await app.up({ routes: { "/api": api } }, {}, { force: true });
  expect(targets(store.entries())).toEqual({ "/api": "api.example" });
});

test("the program of docs/alchemy.md does what is written there", async () => {
  const store = await freshStore();
  const app = new App(store);
  const { imports, body } = firstProgram("docs/alchemy.md");
  const given = `const kvs = { arn: "${store.arn}" }; const api = { url: "${api}" };`;
  const { text } = await app.runs([imports, given, body].join("\n"));
  expect(text).toMatch(/routesync: shop\/dev\/api: .*1 added|2 added/u);
  expect(targets(store.entries())).toEqual({
    "/api": "api.example",
    "/": "docs.s3.us-east-1.amazonaws.com",
  });
});

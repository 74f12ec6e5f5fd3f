/** Where settings come from: the configuration in each of its forms, variables, flags; and the local store. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import type { LiveRoutes, RoutesPlan, SyncReport } from "../../index";
import { cli, environment, folder, json, main } from "../support/cli";
import { freshStore } from "../support/store";

const ROUTES = `{ "/api": "https://api.example" }`;
const OPTIONS = `{ router: "678a", owner: \`shop/\${stage}\`, routes: ${ROUTES} }`;

const forms: Record<string, string> = {
  "routes.config.ts": `import { defineRoutes } from "routesync";
    const suffix: string = "";
    export default defineRoutes(({ stage, env }) => (${OPTIONS}));`,
  "routes.config.mts": `import { defineRoutes } from "routesync";
    export default defineRoutes(async ({ stage }: { stage: string }) => (${OPTIONS}));`,
  "routes.config.js": `module.exports = ({ stage }) => (${OPTIONS});`,
  "routes.config.mjs": `export default ({ stage }) => (${OPTIONS});`,
  "routes.config.json": `{ "router": "678a", "owner": "shop/dev", "routes": ${ROUTES} }`,
  "routes.config.yaml": `router: 678a\nowner: shop/dev\nroutes:\n  /api: https://api.example\n`,
};

test.each(Object.entries(forms))("%s is found, also from a folder below it", async (name, text) => {
  const cwd = folder({ [name]: text });
  const below = join(cwd, "a", "b");
  mkdirSync(below, { recursive: true });
  for (const from of [cwd, below]) {
    const { code, result } = await json<RoutesPlan>(["plan", "--local", "--stage", "dev"], { cwd: from });
    expect({ code, owner: result.owner, router: result.router }).toEqual({
      code: 0,
      owner: "shop/dev",
      router: "678a",
    });
    expect(result.changes).toMatchObject([{ action: "add", pattern: "/api" }]);
  }
  expect(existsSync(join(below, ".routesync"))).toBe(false);
});

test("flags come before variables, and both before the file", async () => {
  const cwd = folder({ "routes.config.json": forms["routes.config.json"] });
  const env = { ROUTESYNC_ROUTER: "0bad", ROUTESYNC_OWNER: "shop/env" };
  const owned = async (args: string[], how: object) =>
    (await json<RoutesPlan>(["plan", "--local", ...args], { cwd, ...how })).result;
  expect(await owned([], {})).toMatchObject({ router: "678a", owner: "shop/dev" });
  expect(await owned([], { env })).toMatchObject({ router: "0bad", owner: "shop/env" });
  expect(await owned(["--owner", "shop/flag"], { env })).toMatchObject({
    router: "0bad",
    owner: "shop/flag",
  });
});

test("store, endpoint, stage and configuration come from variables as well", async () => {
  const store = await freshStore();
  const cwd = folder({ "other.mjs": forms["routes.config.mjs"] });
  const env = {
    ROUTESYNC_STORE: store.arn,
    ROUTESYNC_ENDPOINT: store.endpoint,
    ROUTESYNC_STAGE: "env",
    ROUTESYNC_CONFIG: "other.mjs",
  };
  const { code, result } = await json<SyncReport>(["sync"], { cwd, env });
  expect({ code, added: result.added }).toEqual({ code: 0, added: ["/api"] });
  expect(store.stats().writesAccepted).toBe(1);
});

const broken: [string, Record<string, string>, RegExp][] = [
  ["that does not parse", { "routes.config.ts": "export default {" }, /routes\.config\.ts: /u],
  ["that throws", { "routes.config.mjs": `throw new Error("no such secret")` }, /no such secret/u],
  ["of broken JSON", { "routes.config.json": "{" }, /routes\.config\.json: .*JSON/u],
  ["of broken YAML", { "routes.config.yaml": "a: [" }, /routes\.config\.yaml: /u],
  ["that gives nothing", { "routes.config.mjs": "export default undefined" }, /gives undefined/u],
  ["that exports nothing", { "routes.config.ts": "const routes = {}; routes;" }, /exports nothing/u],
  [
    "that exports no default",
    { "routes.config.ts": "export const config = { routes: {} };" },
    /exports config, but no default/u,
  ],
  [
    "that misspells what is missing",
    { "routes.config.json": '{"rutes": {}}' },
    /routes: missing: .*rutes.* no option: allowed are store, router, owner, .*routes/u,
  ],
  ["that is a list", { "routes.config.json": "[]" }, /gives an array/u],
  ["beside another", { "routes.config.json": "{}", "routes.config.yaml": "{}" }, /only one may be there/u],
  [
    "that asks for a stage nobody named",
    { "routes.config.mjs": forms["routes.config.mjs"] as string },
    /--stage/u,
  ],
];

test.each(broken)("a configuration %s is 2, and says which", async (_, files, message) => {
  expect(await json(["plan", "--local"], { cwd: folder(files) })).toMatchObject({
    code: 2,
    error: { code: "CONFIG", message: expect.stringMatching(message) },
  });
});

test("the local store stays between commands, is kept out of git, and has one ARN", async () => {
  const cwd = folder({ "routes.config.json": { routes: { "/api": "https://api.example" } } });
  expect((await cli(["sync", "--local"], { cwd })).code).toBe(0);
  const { result } = await json<LiveRoutes>(["ls", "--local"], { cwd });
  expect(result.routes).toMatchObject([{ pattern: "/api", owner: "local" }]);
  expect(readFileSync(join(cwd, ".routesync", ".gitignore"), "utf8")).toBe("*\n");
});

test("commands on one local store at the same time take turns, and all are done", async () => {
  const cwd = folder();
  const each = Array.from({ length: 6 }, (_, n) => {
    const file = join(cwd, `r${n}.json`);
    writeFileSync(file, JSON.stringify({ owner: `shop/${n}`, routes: { [`/r${n}`]: "https://a.example" } }));
    return cli(["sync", "--local", "--config", file], { cwd });
  });
  expect((await Promise.all(each)).map(({ code }) => code)).toEqual(each.map(() => 0));
  const { result } = await json<LiveRoutes>(["ls", "--local"], { cwd });
  expect(result.routes).toHaveLength(6);
});

test("`routesync local` prints where it serves; other commands use it, and Ctrl-C ends it", async () => {
  const cwd = folder({ "routes.config.json": { routes: { "/api": "https://api.example" } } });
  const server = spawn(process.execPath, [main, "local", "--json"], { cwd, env: environment() });
  const ended = new Promise((resolve) => server.on("close", resolve));
  const text = await new Promise<string>((resolve) => {
    let seen = "";
    server.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      seen += chunk;
      if (seen.endsWith("}\n")) resolve(seen);
    });
  });
  const { result } = JSON.parse(text) as { result: { endpoint: string; arn: string } };
  try {
    expect((await cli(["sync", "--local"], { cwd })).code).toBe(0);
    const env = {
      ROUTESYNC_STORE: result.arn,
      ROUTESYNC_ENDPOINT: result.endpoint,
      ROUTESYNC_ROUTER: "local",
    };
    const live = await json<LiveRoutes>(["ls"], { cwd: folder(), env });
    expect(live.result.routes).toHaveLength(1);
    const second = await cli(["local"], { cwd });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("error IN_USE");
  } finally {
    server.kill("SIGINT");
  }
  expect(await ended).toBe(0);
  expect(existsSync(join(cwd, ".routesync", "running.json"))).toBe(false);
  expect((await json<LiveRoutes>(["ls", "--local"], { cwd })).result.routes).toHaveLength(1);
});

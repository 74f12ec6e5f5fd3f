/** The sources of settings: the configuration in all of its forms, variables and flags, and the local store. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

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
  "routes.config.cts": `const config: object = { router: "678a", owner: "shop/dev", routes: ${ROUTES} };
    export = config;`,
  "routes.config.js": `module.exports = ({ stage }) => (${OPTIONS});`,
  "routes.config.mjs": `export default ({ stage }) => (${OPTIONS});`,
  "routes.config.cjs": `module.exports = { router: "678a", owner: "shop/dev", routes: ${ROUTES} };`,
  "routes.config.json": `\uFEFF{ "router": "678a", "owner": "shop/dev", "routes": ${ROUTES} }`,
  "routes.config.yaml": `router: 678a\nowner: shop/dev\nroutes:\n  /api: https://api.example\n`,
  "routes.config.yml": `\uFEFFrouter: "678a"\nowner: shop/dev\nroutes:\n  /api: https://api.example\n`,
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
  [
    "that gives nothing",
    { "routes.config.mjs": "export default undefined" },
    /exports or returns undefined/u,
  ],
  ["that exports nothing", { "routes.config.ts": "const routes = {}; routes;" }, /exports nothing/u],
  [
    "that exports no default",
    { "routes.config.ts": "export const config = { routes: {} };" },
    /exports config, but no default/u,
  ],
  [
    "that misspells what is missing",
    { "routes.config.json": '{"rutes": {}}' },
    /routes: missing: .*rutes.* not an option; allowed are store, router, owner, .*routes/u,
  ],
  [
    "whose store is a variable that is not set",
    { "routes.config.mjs": `export default ({ env }) => ({ store: env.STORE_ARN, routes: ${ROUTES} })` },
    /^store: is undefined in .*routes\.config\.mjs: is a variable that the file reads not set\?.*--store/u,
  ],
  ...["0123", "12e4", "1234", "0o17", "0x1f", "true"].map((id): [string, Record<string, string>, RegExp] => [
    `in YAML with the router ${id} without quotes`,
    { "routes.config.yaml": `owner: shop/dev\nrouter: ${id}\nroutes: {}\n` },
    new RegExp(`routes\\.config\\.yaml:2: router: YAML reads ${id} as the .*router: "${id}"`, "u"),
  ]),
  [
    "in YAML with a namespace without quotes",
    { "routes.config.yaml": `routes:\n  /web:\n    namespace: 0123\n` },
    /routes\.config\.yaml:3: namespace: .*"0123"/u,
  ],
  ["that is a list", { "routes.config.json": "[]" }, /exports or returns an array/u],
  [
    "beside another",
    { "routes.config.json": "{}", "routes.config.yaml": "{}" },
    /only one configuration; pass/u,
  ],
  [
    "that asks for a stage nobody named",
    { "routes.config.mjs": forms["routes.config.mjs"] as string },
    /--stage/u,
  ],
];

test.each(broken)("a configuration %s is 2, and says which", async (name, files, message) => {
  const reach = name.includes("store") ? [] : ["--local"];
  expect(await json(["plan", ...reach], { cwd: folder(files) })).toMatchObject({
    code: 2,
    error: { code: "CONFIG", message: expect.stringMatching(message) },
  });
});

test("YAML has merge keys", async () => {
  const text = `
routes:
  /api: &api { url: https://api.example, readTimeout: 30 }
  /chat: { <<: *api, url: https://chat.example }
`;
  const cwd = folder({ "routes.config.yaml": text });
  const { result } = await json<RoutesPlan>(["plan", "--local"], { cwd });
  expect(result.changes.map(({ pattern, to }) => [pattern, to?.metadata])).toEqual([
    ["/api", expect.objectContaining({ host: "api.example" })],
    ["/chat", expect.objectContaining({ host: "chat.example" })],
  ]);
});

test("the paths of tsconfig.json resolve; one that cannot be read does no harm", async () => {
  const config = (from: string) =>
    `import { api } from "${from}"; export default { routes: { "/api": api as string } };`;
  const cwd = folder({
    "tsconfig.json": { compilerOptions: { paths: { "@/*": ["./src/*"] } } },
    "routes.config.ts": config("@/api"),
  });
  mkdirSync(join(cwd, "src"));
  writeFileSync(join(cwd, "src", "api.ts"), `export const api: string = "https://api.example";`);
  expect((await cli(["plan", "--local"], { cwd })).stdout).toContain("url api.example");
  writeFileSync(join(cwd, "tsconfig.json"), `{ "extends": "@tsconfig/not-installed" }`);
  writeFileSync(join(cwd, "routes.config.ts"), config("./src/api"));
  expect((await cli(["plan", "--local"], { cwd })).stdout).toContain("url api.example");
});

test.each(["--json", "--markdown"])(
  "what a configuration prints, also later, is not in the %s",
  async (flag) => {
    const text = `
    process.stdout.write("read it\\n");
    console.log("injected env"); console.info("info"); console.debug("debug");
    setTimeout(() => console.log("later"));
    export default async () => { console.log("asked"); return { routes: ${ROUTES} }; };`;
    const cwd = folder({ "routes.config.mjs": text });
    const { code, stdout, stderr } = await cli(["plan", "--local", flag], { cwd });
    expect(code).toBe(0);
    // The document, or the table, and nothing around it.
    expect(stdout).toMatch(flag === "--json" ? /^\{\n {2}"version"[^]*\n\}\n$/u : /^### Routes of/u);
    for (const line of ["read it", "injected env", "info", "debug", "later", "asked"]) {
      expect(stdout).not.toContain(line);
      expect(stderr).toContain(`${line}\n`);
    }
  },
);

test("what migrate's file prints is not in the configuration that it writes", async () => {
  const cwd = folder({
    "legacy.mjs": `console.log("hello"); export default { "/*": "https://web.example" };`,
  });
  const { stdout, stderr } = await cli(["migrate", "legacy.mjs"], { cwd });
  expect(stdout).not.toContain("hello");
  expect(stderr).toContain("hello");
});

describe("a stage", () => {
  const blank: [string, string[], Record<string, string>][] = [
    ["an empty one", ["--stage", ""], {}],
    ["a blank one", ["--stage", "  "], {}],
    ["a blank variable", [], { ROUTESYNC_STAGE: " " }],
    ["an empty variable", [], { ROUTESYNC_STAGE: "" }],
  ];

  test.each(blank)("%s is refused", async (_, args, env) => {
    const cwd = folder({ "routes.config.mjs": forms["routes.config.mjs"] });
    const { code, stderr } = await cli(["sync", "--local", ...args], { cwd, env });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^error (USAGE|CONFIG): .*stage/imu),
    });
  });

  test.each([
    "--owner",
    "--router",
    "--store",
    "--config",
    "--profile",
    "--endpoint",
    "--max-removed",
    "--deadline",
  ])("an empty %s is refused as well", async (flag) => {
    const { code, stderr } = await cli(["sync", flag, ""], { cwd: folder() });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`${flag} <`) });
    expect(stderr).toContain("empty");
  });

  test.each([
    "shop/",
    "/dev",
    "shop//dev",
    "shop/undefined",
    "shop/null",
    "shop/pr-NaN",
    "shop/[object Object]",
    "shop/${stage}",
  ])("an owner %s is refused before anything is sent, and can be removed", async (owner) => {
    const store = await freshStore();
    const cwd = folder({
      "routes.config.json": {
        store: store.arn,
        client: { endpoint: store.endpoint },
        router: "678a",
        owner,
        routes: { "/a": "https://a.example" },
      },
    });
    expect(await json(["sync"], { cwd })).toMatchObject({
      code: 2,
      error: {
        code: "INVALID_OPTION",
        details: { path: "owner" },
        message: expect.stringContaining(JSON.stringify(owner)),
      },
    });
    expect(store.stats().total).toBe(0);
    expect((await cli(["rm", "--yes"], { cwd })).code).toBe(0);
  });
});

describe("a configuration that is not needed is not run", () => {
  const explodes = `console.error("was run"); throw new Error("not here");`;
  const commands: string[][] = [
    ["ls"],
    ["owners"],
    ["prune", "--match", "shop/pr-*"],
    ["rm", "--owner", "shop/pr-7"],
    ["release", "--owner", "shop/pr-7", "--dry-run"],
    ["rollback", "--owner", "shop/pr-7", "--list"],
    ["explain", "/api"],
    ["doctor"],
    ["verify", "--live-only"],
    ["repair", "--live-only", "--owner", "shop/pr-7"],
  ];

  test.each(commands)("%s %s %s", async (...args) => {
    const store = await freshStore();
    const cwd = folder({ "routes.config.mjs": explodes, "routes.config.ts": explodes });
    const env = { ROUTESYNC_STORE: store.arn, ROUTESYNC_ROUTER: "678a", ROUTESYNC_ENDPOINT: store.endpoint };
    const { code, stderr } = await cli(args.filter(Boolean), { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("was run") });
    // What is missing, only the configuration can say.
    const needed = await cli(args.filter(Boolean), {
      cwd: folder({ "routes.config.mjs": explodes }),
      env: { ...env, ROUTESYNC_STORE: "" },
    });
    expect({ code: needed.code, stderr: needed.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("was run"),
    });
    // So it is run where a flag is about it.
    const asked = await cli([...args.filter(Boolean), "--stage", "dev"], {
      cwd: folder({ "routes.config.mjs": explodes }),
      env,
    });
    expect(asked.code).toBe(2);
  });

  test("one of data is read all the same", async () => {
    const store = await freshStore();
    const cwd = folder({ "routes.config.json": { client: { endpoint: store.endpoint } } });
    const env = { ROUTESYNC_STORE: store.arn, ROUTESYNC_ROUTER: "678a" };
    expect((await cli(["ls"], { cwd, env })).code).toBe(0);
  });
});

test.each(["explain", "verify", "repair"])("%s refuses options that are none, as sync does", async (name) => {
  const cwd = folder({
    "routes.config.json": { router: "678a", owner: "a/b", rotues: 1, routes: { "/a": "https://a.example" } },
  });
  const args = name === "explain" ? ["explain", "/a", "--declared"] : [name, "--local"];
  expect(await json(args, { cwd })).toMatchObject({
    code: 2,
    error: {
      code: "CONFIG",
      message: expect.stringMatching(/routes\.config\.json: rotues is not an option; allowed are store/u),
    },
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

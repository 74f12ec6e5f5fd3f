/** Every command without a terminal: stdout and stderr, exit codes, the document of `--json`, and the text output. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import type { LiveRoutes, Migration, RoutesPlan, SyncReport } from "../../index";
import { commands } from "../../lib/cli/commands";
import { cli, fits, folder, json, project, ROUTES, steady } from "../support/cli";
import { declare, freshStore } from "../support/store";

describe("a deploy", () => {
  test("plan tells what is pending, sync does it, and then nothing is pending", async () => {
    const store = await freshStore();
    await declare(store, { "/old": "https://old.example", "/api": "https://former.example" });
    const before = store.entries();
    const at = project(store);

    const plan = await cli(["plan"], at);
    expect(plan.code).toBe(0);
    expect(steady(plan.stdout)).toMatchSnapshot("plan");
    expect(plan.stderr).toContain("warning STALE_CACHE");
    expect((await cli(["plan", "--exit-code"], at)).code).toBe(3);
    expect(store.entries()).toEqual(before);

    const sync = await cli(["sync"], at);
    expect(sync.code).toBe(0);
    expect(steady(sync.stdout)).toMatchSnapshot("sync");
    expect(sync.stderr).toContain("wrote batch 1 of 1");
    expect((await cli(["plan", "--exit-code"], at)).code).toBe(0);
    expect(steady((await cli(["ls", "--targets"], at)).stdout)).toMatchSnapshot("ls");
    expect(steady((await cli(["owners"], at)).stdout)).toMatchSnapshot("owners");
  });

  test("a target that is undefined is the reason in the plan, and a warning", async () => {
    const store = await freshStore();
    await declare(store, { "/a": "https://a.example", "/b": "https://b.example" });
    const place = { store: store.arn, client: { endpoint: store.client.endpoint }, router: "678a" };
    const routes = '{ "/a": process.env.NOT_SET, "/b": "https://b.example" }';
    const config = `export default { ...${JSON.stringify(place)}, owner: "shop/test", routes: ${routes} };`;
    const at = { cwd: folder({ "routes.config.mjs": config }) };
    const { code, stdout, stderr } = await cli(["plan"], at);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("TARGET_UNDEFINED") });
    expect(stdout).toMatch(/- +\/a .* its target is undefined/u);
  });

  test("--markdown is the plan's own, and nothing else", async () => {
    const store = await freshStore();
    const { code, stdout } = await cli(["plan", "--markdown"], project(store));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^### Routes of `shop\/test` in router `678a`\n/u);
    expect(await json(["plan", "--markdown"], project(store))).toMatchObject({
      code: 2,
      error: { code: "USAGE" },
    });
  });

  test("more changes than fit are counted, and shown when asked for", async () => {
    const store = await freshStore();
    const many = Object.fromEntries(Array.from({ length: 230 }, (_, n) => [`/r${n}`, "https://a.example"]));
    const at = project(store, many);
    const short = await cli(["plan"], at);
    expect(short.stdout).toContain("… and 30 more (--all shows them)");
    const all = await cli(["plan", "--all"], at);
    expect(all.stdout.match(/^\+ /gmu)).toHaveLength(230);
  });

  test("every option of a declaration reaches the engine", async () => {
    const store = await freshStore();
    const args = [
      "--generation",
      "7",
      "--policy",
      "upsert-only",
      "--max-removed",
      "20%",
      "--takeover",
      "/api",
    ];
    const more = ["--takeover", "/docs", "--adopt", "--allow-empty", "--grace-period", "5", "--history", "3"];
    const { result } = await json<RoutesPlan>(
      ["plan", ...args, ...more, "--allow-beyond-sst", "--repair", "--deadline", "30 seconds"],
      project(store),
    );
    expect(result.options).toMatchObject({
      generation: 7,
      policy: "upsert-only",
      maxRemoved: "20%",
      takeover: ["/api", "/docs"],
      adopt: true,
      allowEmpty: true,
      gracePeriod: 5,
      history: 3,
      allowBeyondSst: true,
      repair: true,
      deadline: "30 seconds",
    });
    const all = await json<RoutesPlan>(["plan", "--takeover"], project(store));
    expect(all.result.options).toMatchObject({ takeover: true });
  });
});

describe("a guard", () => {
  test("stops sync with 4, and --yes lifts it", async () => {
    const store = await freshStore();
    await declare(store, { "/a": "https://a.example" });
    const at = project(store, {});
    const refused = await cli(["sync"], at);
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain("error UNSAFE_PLAN");
    expect((await cli(["plan", "--exit-code"], at)).code).toBe(4);
    expect(await json<SyncReport>(["sync", "--yes"], at)).toMatchObject({
      code: 0,
      result: { removed: ["/a"] },
    });
  });

  test("a pattern of somebody else is 4, and --takeover takes it", async () => {
    const store = await freshStore();
    await declare(store, { "/api": "https://held.example" }, { owner: "other/stage" });
    const at = project(store);
    expect(await json(["sync"], at)).toMatchObject({
      code: 4,
      ok: false,
      error: { code: "ROUTE_CONFLICT", details: { holder: "other/stage" } },
    });
    const taken = await json<SyncReport>(["sync", "--takeover", "/api"], at);
    expect(taken.result.taken).toEqual([{ pattern: "/api", from: "other/stage" }]);
  });

  test("a lint rule that is an error is 4, and --lint says which are", async () => {
    const store = await freshStore();
    const at = project(store, { "/api": "http://api.example" });
    expect(await json(["sync"], at)).toMatchObject({
      code: 4,
      error: { code: "LINT", details: { rule: "HTTP_ORIGIN" } },
    });
    expect((await cli(["sync", "--lint", "HTTP_ORIGIN=off"], at)).code).toBe(0);
    expect((await cli(["plan", "--lint", "HTTP_ORIGIN"], at)).code).toBe(2);
  });

  test("an older generation is 4", async () => {
    const store = await freshStore();
    const at = project(store);
    expect((await cli(["sync", "--generation", "8"], at)).code).toBe(0);
    expect(await json(["sync"], { ...at, env: { ROUTESYNC_GENERATION: "7" } })).toMatchObject({
      code: 4,
      error: { code: "SUPERSEDED" },
    });
  });
});

describe("looking", () => {
  test("ls shows whose routes are asked for", async () => {
    const store = await freshStore();
    store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/sst"]' });
    await declare(store, { "/mine": "https://a.example" });
    const at = project(store);
    const patterns = async (...args: string[]) =>
      (await json<LiveRoutes>(["ls", ...args], at)).result.routes.map(({ pattern }) => pattern);
    expect((await patterns()).toSorted()).toEqual(["/mine", "/sst"]);
    expect(await patterns("--foreign")).toEqual(["/sst"]);
    expect(await patterns("--owner", "shop/test")).toEqual(["/mine"]);
    expect(await patterns("--owner", "nobody")).toEqual([]);
  });

  test("explain asks the live table, or the declaration without a request", async () => {
    const store = await freshStore();
    await declare(store, { "/": "https://all.example", "/api": "https://api.example" });
    const at = project(store, { "api.example.com/": "https://other.example" });
    const live = await cli(["explain", "https://api.example.com/api/users"], at);
    expect({ code: live.code, text: live.stdout }).toMatchSnapshot("live");
    store.resetStats();
    const declared = await cli(["explain", "https://api.example.com/api/users", "--declared"], at);
    expect(declared.stdout).toContain("→ https://other.example/api/users");
    expect((await cli(["explain", "/nowhere", "--declared"], at)).stdout).toContain("no route matches");
    expect(store.stats().total).toBe(0);
    const key = Object.keys(store.entries()).find((name) => store.entries()[name]?.includes("api.example"));
    store.putRaw(store.arn, key as string);
    expect((await cli(["explain", "/api"], at)).stdout).toContain("✗ 502");
    store.setEntries(store.arn, { "678a:routes": '["url,aaaa,*(,/"]' });
    expect((await cli(["explain", "https://a.example/api"], at)).stdout).toContain("✗ 503");
    expect(await json(["explain", "https://"], at)).toMatchObject({
      code: 2,
      error: { code: "INVALID_OPTION" },
    });
    expect((await cli(["explain", "/", "--declared", "--local"], at)).code).toBe(2);
  });

  test("explain asks the edge function of the version that --reader names", async () => {
    const at = project(await freshStore(), {
      "/api": "https://a.example",
      "/v2": { url: "https://v2.example", rewrite: { regex: "^/v2/?", to: "" } },
    });
    const ask = (url: string, ...more: string[]) => cli(["explain", url, "--declared", ...more], at);
    expect((await ask("/apix")).stdout).toContain("no route matches");
    expect((await ask("/apix", "--reader", "sst@3.17.2")).stdout).toContain("→ https://a.example/apix");
    expect(await ask("/apix", "--reader", "sst@3")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('such as "sst@3.17.2"'),
    });
    expect((await ask("/v2/x")).stdout).toContain('✗ 502 url,1,,/v2: the URI becomes "x"');
  });

  test("verify is 0 for what is as declared, and 3 with findings for what is not", async () => {
    const store = await freshStore();
    const at = project(store);
    await cli(["sync"], at);
    const fine = await cli(["verify"], at);
    expect({ code: fine.code, text: steady(fine.stdout) }).toMatchSnapshot("fine");
    const key = Object.keys(store.entries()).find((name) => name.endsWith(":metadata")) as string;
    store.putRaw(store.arn, key);
    const drifted = await cli(["verify"], at);
    expect(drifted.code).toBe(3);
    expect(steady(drifted.stdout)).toMatchSnapshot("drifted");
    expect((await cli(["verify", "--live-only"], at)).code).toBe(3);
    const actions = await cli(["verify"], { ...at, env: { GITHUB_ACTIONS: "true" } });
    expect(actions.stderr).toMatch(/^::error title=routesync METADATA_MISSING::/mu);
  });

  test("repair tells what it would do, does it, and then nothing is wrong", async () => {
    const store = await freshStore();
    const at = project(store);
    await cli(["sync"], at);
    const key = Object.keys(store.entries()).find((name) => name.endsWith(":metadata")) as string;
    store.putRaw(store.arn, key);
    const broken = store.entries();
    const would = await cli(["repair", "--dry-run"], at);
    expect(would.code).toBe(0);
    expect(steady(would.stdout)).toMatchSnapshot("would");
    expect(store.entries()).toEqual(broken);
    expect((await cli(["repair"], at)).code).toBe(0);
    expect((await cli(["verify"], at)).code).toBe(0);
    expect((await cli(["repair", "--dry-run"], at)).stdout).toBe("nothing to repair\n");
  });

  test("doctor tells each check, and fails with a remedy where one does", async () => {
    const store = await freshStore();
    const at = project(store);
    const fine = await cli(["doctor"], at);
    expect(fine.code).toBe(0);
    expect(steady(fine.stdout)).toMatchSnapshot("fine");
    store.setFaults({ script: [{ on: "ListKeys", how: "denied" }] });
    const denied = await cli(["doctor"], at);
    expect(denied.code).toBe(1);
    expect(denied.stdout).toMatch(/✗ ListKeys .*403.*\n +→ allow cloudfront-keyvaluestore:ListKeys/u);
    expect(denied.stdout).toContain("✓ GetKey");
    const none = await cli(["doctor"], { ...at, env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" } });
    expect(none.code).toBe(1);
    expect(none.stdout).toContain("✗ credentials");
    expect(none.stdout).toContain("✓ host");
    const env = { AWS_SESSION_TOKEN: "FwoGZXIvYXdzEXAMPLE", AWS_ACCOUNT_ID: "210987654321" };
    const wrong = await cli(["doctor"], { ...at, env });
    expect(wrong.stdout).toContain("✗ session token          version 1");
    expect(wrong.stdout).toContain("✗ account");
    const gone = await cli(["doctor", "--endpoint", "http://127.0.0.1:1"], at);
    expect(gone.stdout).toContain("✗ host");
    expect((await cli(["doctor", "--store", "arn:aws:s3:::bucket"], at)).stdout).toContain("✗ arn");
  });
});

describe("tearing down", () => {
  test("rm removes an owner's routes, and a second time nothing", async () => {
    const store = await freshStore();
    await declare(store, { "/a": "https://a.example" }, { owner: "shop/pr-1" });
    const at = project(store);
    const first = await json<SyncReport>(["rm", "--owner", "shop/pr-1"], at);
    expect(first).toMatchObject({ code: 0, result: { removed: ["/a"] } });
    const again = await json<SyncReport>(["rm", "--owner", "shop/pr-1"], at);
    expect(again).toMatchObject({ code: 0, result: { removed: [] } });
    expect((await json(["rm", "--max-removed", "0"], at)).code).toBe(0);
  });

  test("prune removes owners by name", async () => {
    const store = await freshStore();
    for (const owner of ["shop/pr-1", "shop/pr-2", "shop/main"]) {
      await declare(store, { [`/${owner.slice(5)}`]: "https://a.example" }, { owner });
    }
    const at = project(store);
    const dry = await cli(["prune", "--match", "shop/pr-*", "--dry-run"], at);
    expect(steady(dry.stdout)).toMatchSnapshot("would");
    const done = await cli(["prune", "--match", "shop/pr-*"], at);
    expect({ code: done.code, end: done.stdout.trim().split("\n").at(-1) }).toEqual({
      code: 0,
      end: "2 owners removed",
    });
    expect((await json<LiveRoutes>(["ls"], at)).result.routes).toHaveLength(1);
    expect((await cli(["prune"], at)).code).toBe(2);
    expect((await cli(["prune", "--match", "a", "--keep", "b"], at)).code).toBe(2);
  });
});

describe("what needs no store", () => {
  const ARN = "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d";

  test("policy prints a document that allows what is needed, and no more", async () => {
    const sync = await cli(["policy", ARN]);
    expect(sync).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(sync.stdout)).toMatchSnapshot("sync");
    const plan = JSON.parse((await cli(["policy", ARN, "--for", "plan"])).stdout) as object;
    expect(JSON.stringify(plan)).not.toContain("UpdateKeys");
    expect((await cli(["policy", "arn:aws:s3:::bucket"])).code).toBe(2);
    expect((await cli(["policy"])).code).toBe(2);
  });

  test.each(["bash", "zsh", "fish"])("completions for %s name every command and option", async (shell) => {
    const { code, stdout } = await cli(["completions", shell]);
    expect(code).toBe(0);
    for (const { name, flags } of commands) {
      expect(stdout).toContain(name);
      for (const { flags: spelt } of flags) {
        const long = /--([\w-]+)/u.exec(spelt)?.[1] as string;
        expect(stdout).toContain(shell === "fish" ? `-l ${long}` : `--${long}`);
      }
    }
  });

  test("bash completes with it", async () => {
    const { stdout } = await cli(["completions", "bash"]);
    const complete = (...words: string[]) => {
      const program = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _routesync; echo "\${COMPREPLY[*]}"`;
      return execFileSync("bash", ["-c", program], { encoding: "utf8" }).trim();
    };
    expect(complete("routesync", "pl")).toBe("plan");
    expect(complete("routesync", "sync", "--max")).toBe("--max-removed");
    expect(complete("routesync", "plan", "--policy", "up")).toBe("upsert-only");
    expect(complete("routesync", "completions", "f")).toBe("fish");
  });

  test("help goes to stdout, with the examples of each command", async () => {
    const general = await cli(["--help"]);
    expect(general).toMatchObject({ code: 0, stderr: "" });
    expect(general.stdout).toMatchSnapshot("general");
    for (const { name, examples } of commands) {
      const { code, stdout } = await cli([name, "--help"]);
      expect(code).toBe(0);
      expect(examples.length).toBeGreaterThan(0);
      for (const { line } of examples) expect(stdout).toContain(line);
    }
  });
});

describe("migrate", () => {
  const LEGACY = {
    "/api/*": { url: "https://api.example", rewrite: { regex: "^/api/(.*)$", to: "/$1" } },
    "/*.jpg": { bucket: "images.s3.eu-west-1.amazonaws.com" },
    "/*": "https://web.example",
  };

  test("writes a configuration that plan takes, in each form, and tells the notes beside it", async () => {
    for (const format of ["ts", "json", "yaml"]) {
      const cwd = folder({ "legacy.json": LEGACY });
      const { code, stdout, stderr } = await cli(["migrate", "legacy.json", "--format", format], { cwd });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^error WILDCARD: \/\*\.jpg: /mu);
      expect(stdout).toMatchSnapshot(format);
      writeFileSync(join(cwd, `routes.config.${format}`), stdout);
      const plan = await json<RoutesPlan>(["plan", "--local"], { cwd });
      expect(plan.result.changes.map(({ pattern }) => pattern).toSorted()).toEqual(["/", "/api/"]);
    }
  });

  test.each(["ts", "yaml"])("leaves store, router and owner to be filled in, in %s", async (format) => {
    const store = await freshStore();
    const cwd = folder({ "legacy.json": LEGACY });
    const { stdout } = await cli(["migrate", "legacy.json", "--format", format], { cwd });
    const text = stdout
      .replaceAll(/^( *)(?:\/\/|#) (?=store|router|owner)/gmu, "$1")
      .replace(/arn:[^"]*/u, store.arn)
      .replace('"<id>"', '"0123"')
      .replace("<app>/<stage>", "shop/production");
    writeFileSync(join(cwd, `routes.config.${format}`), text);
    const plan = await json<RoutesPlan>(["plan", "--endpoint", store.endpoint], { cwd });
    expect(plan).toMatchObject({ code: 0, result: { router: "0123", owner: "shop/production" } });
  });

  test("tells what JSON cannot hold", async () => {
    const { stderr } = await cli(["migrate", "legacy.json", "--format", "json"], {
      cwd: folder({ "legacy.json": LEGACY }),
    });
    expect(stderr).toMatch(/^add before a deploy: store .*, router .*, owner /mu);
  });

  test("takes a part, and --strict is 4 where something is lost", async () => {
    const cwd = folder({ "legacy.mjs": `export default () => (${JSON.stringify(LEGACY)})` });
    expect((await cli(["migrate", "legacy.mjs", "--strict"], { cwd })).code).toBe(4);
    const part = await json<Migration>(["migrate", "legacy.mjs", "--only", "/api/*", "--only", "/*"], {
      cwd,
    });
    expect(Object.keys(part.result.routes).toSorted()).toEqual(["/", "/api/"]);
    expect(await json(["migrate", "legacy.mjs", "--only", "/none"], { cwd })).toMatchObject({ code: 2 });
    expect(await json(["migrate", "nowhere.mjs"], { cwd })).toMatchObject({
      code: 2,
      error: { code: "CONFIG" },
    });
    expect((await cli(["migrate"], { cwd })).code).toBe(2);
  });
});

describe("what is wrong", () => {
  const wrong: [string, string[], string][] = [
    ["no command", [], "USAGE"],
    ["an unknown command", ["snyc"], "USAGE"],
    ["an unknown option", ["plan", "--exitcode"], "USAGE"],
    ["a value that is none", ["plan", "--policy", "yolo"], "USAGE"],
    ["a number that is none", ["sync", "--generation", "new"], "USAGE"],
    ["a word too many", ["ls", "everything"], "USAGE"],
    ["no store", ["ls", "--router", "678a"], "USAGE"],
    ["no router", ["ls", "--store", "arn:aws:cloudfront::123456789012:key-value-store/x"], "USAGE"],
    ["no routes", ["sync", "--local"], "CONFIG"],
    ["a configuration that is not there", ["plan", "--config", "nowhere.json"], "CONFIG"],
    [
      "two places",
      ["ls", "--local", "--store", "arn:aws:cloudfront::123456789012:key-value-store/x"],
      "USAGE",
    ],
    ["an unknown shell", ["completions", "tcsh"], "USAGE"],
    ["a router that is none", ["ls", "--local", "--router", "no router"], "INVALID_OPTION"],
  ];

  test.each(wrong)("%s exits with 2 and says so, once on each stream", async (_, args, code) => {
    const cwd = folder();
    const plain = await cli(args, { cwd });
    expect(plain).toMatchObject({ code: 2, stdout: "" });
    expect(plain.stderr).toMatch(new RegExp(`^error ${code}: .+`, "mu"));
    const told = await json(args, { cwd });
    expect(told).toMatchObject({ code: 2, ok: false, error: { code } });
    const { code: _code, ...document } = told;
    expect(fits(document)).toBe(true);
  });

  test("a mistyped command is told the right one", async () => {
    expect((await cli(["snyc"])).stderr).toContain("Did you mean sync?");
  });

  test("a host that cannot be reached, or an access that is denied, is 1", async () => {
    const store = await freshStore();
    const at = project(store);
    const away = await json(["ls", "--endpoint", "http://127.0.0.1:1", "--deadline", "3"], at);
    expect(away).toMatchObject({ code: 1, error: { code: "UNREACHABLE", retryable: true } });
    store.setFaults({ script: [{ how: "denied", times: 99 }] });
    expect(await json(["sync"], at)).toMatchObject({ code: 1, error: { code: "ACCESS_DENIED" } });
  });

  test("a wrong route is 2, with the path to it", async () => {
    const store = await freshStore();
    const at = project(store, { "api?x": "https://a.example" });
    expect(await json(["plan"], at)).toMatchObject({ code: 2, error: { code: "INVALID_PATTERN" } });
    expect(await json(["sync"], project(store, ROUTES, { ownr: 1 }))).toMatchObject({
      code: 2,
      error: { code: "INVALID_OPTION", details: { path: "ownr" } },
    });
  });
});

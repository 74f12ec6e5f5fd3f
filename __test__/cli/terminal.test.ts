/** The command in a real pseudo-terminal: questions, the line of progress, and Ctrl-C. */
import { join } from "node:path";

import { afterEach, describe, expect, test } from "@jest/globals";

import { verifyRoutes } from "../../lib";
import { commands } from "../../lib/cli/commands";
import type { LocalStore, LocalStoreOptions } from "../../lib/testing";
import { CTRL_C, folder, Terminal } from "../support/cli";
import { declare, freshStore, routes } from "../support/store";

const terminals: Terminal[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill();
});

function open(
  args: string[],
  store: LocalStore,
  declared: object,
  env: Record<string, string> = {},
): Terminal {
  const { arn, client } = store;
  const config = { store: arn, client: { endpoint: client.endpoint }, router: "678a", owner: "shop/test" };
  const cwd = folder({ "routes.config.json": { ...config, routes: declared } });
  const terminal = new Terminal(args, { cwd, env });
  terminals.push(terminal);
  return terminal;
}

const patterns = (store: LocalStore): string[] =>
  (JSON.parse(store.entries()["678a:routes"]?.trim() ?? "[]") as string[]).map(
    (entry) => entry.split(",")[3] ?? "",
  );

/** Removes the parts that differ between runs, or are drawn several times. */
const steady = (text: string): string =>
  text
    .replaceAll(/\d+ ms/gu, "N ms")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line, at, all) => line !== "" && line !== all[at - 1])
    .join("\n");

describe("sync", () => {
  const stands = { "/old": "https://old.example", "/api": "https://api.example" };
  const declared = { "/api": "https://api.example", "/new": "https://new.example" };

  async function asked(options?: LocalStoreOptions): Promise<{ store: LocalStore; terminal: Terminal }> {
    const store = await freshStore(options);
    await declare(store, stands);
    const terminal = open(["sync"], store, declared);
    await terminal.shows("Remove 1?");
    return { store, terminal };
  }

  test("shows the plan and asks before it removes; yes applies it", async () => {
    const { store, terminal } = await asked();
    expect(terminal.raw).toContain("\u001B[31m-\u001B[39m");
    terminal.press("y");
    expect(await terminal.exit).toBe(0);
    expect(patterns(store).toSorted()).toEqual(["/api", "/new"]);
    expect(steady(terminal.screen)).toMatchSnapshot();
  });

  test.each([
    ["no", "n", 4, "DECLINED"],
    ["Enter alone", "\r", 4, "DECLINED"],
    ["Ctrl-C", CTRL_C, 130, "INTERRUPTED"],
  ])("%s writes nothing", async (_, key, code, told) => {
    const { store, terminal } = await asked();
    const before = store.entries();
    terminal.press(key);
    expect(await terminal.exit).toBe(code);
    expect(terminal.text).toContain(`error ${told}`);
    expect(terminal.text).toContain("nothing was written");
    expect(store.entries()).toEqual(before);
  });

  test("a store that moved under the question is planned and asked again", async () => {
    const { store, terminal } = await asked();
    await declare(store, { "/other": "https://other.example" }, { owner: "other/stage" });
    terminal.press("y");
    await terminal.shows(/planning again[^]*Remove 1\?/u);
    expect(patterns(store)).toContain("/old");
    terminal.press("y");
    expect(await terminal.exit).toBe(0);
    expect(patterns(store).toSorted()).toEqual(["/api", "/new", "/other"]);
  });

  test("does not ask where nothing is removed, nor with --yes", async () => {
    const store = await freshStore();
    const first = open(["sync"], store, stands);
    expect(await first.exit).toBe(0);
    expect(first.text).toContain("2 added");
    const second = open(["sync", "--yes"], store, {});
    expect(await second.exit).toBe(0);
    expect(second.text).not.toContain("?");
    expect(patterns(store)).toEqual([]);
  });

  test("asks whether what a guard refuses is meant", async () => {
    const store = await freshStore();
    await declare(store, stands);
    const terminal = open(["sync"], store, {});
    await terminal.shows("A guard refuses this. Remove 2 anyway?");
    expect(terminal.text).toContain("refused UNSAFE_PLAN");
    terminal.press("y");
    expect(await terminal.exit).toBe(0);
    expect(patterns(store)).toEqual([]);
  });

  test("asks before it takes over", async () => {
    const store = await freshStore();
    await declare(store, { "/api": "https://held.example" }, { owner: "other/stage" });
    const terminal = open(["sync", "--takeover"], store, declared);
    await terminal.shows("Take over 1?");
    expect(terminal.text).toContain("taken from other/stage");
    terminal.press("y");
    expect(await terminal.exit).toBe(0);
  });

  test("NO_COLOR leaves no colour", async () => {
    const store = await freshStore();
    const terminal = open(["plan"], store, declared, { NO_COLOR: "1" });
    expect(await terminal.exit).toBe(0);
    expect(terminal.raw.split("\u001B[").filter((part) => /^\d+m/u.test(part))).toEqual([]);
  });
});

test("local runs until Ctrl-C", async () => {
  const terminal = new Terminal(["local", "--latency", "1"], { cwd: folder() });
  terminals.push(terminal);
  await terminal.shows("runs until Ctrl-C");
  expect(terminal.text).toMatch(/^endpoint http:\/\/127\.0\.0\.1:\d+$/mu);
  terminal.press(CTRL_C);
  expect(await terminal.exit).toBe(0);
});

test("rm asks, and no removes nothing", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const terminal = open(["rm"], store, {});
  await terminal.shows("Remove all 3 routes of shop/test from router 678a?");
  terminal.press("n");
  expect(await terminal.exit).toBe(4);
  expect(patterns(store)).toHaveLength(3);
});

test("prune shows who would go, and asks", async () => {
  const store = await freshStore();
  await declare(store, routes(2), { owner: "shop/pr-1" });
  const terminal = open(["prune", "--match", "shop/pr-*"], store, {});
  await terminal.shows("Remove 1 owner?");
  terminal.press("y");
  expect(await terminal.exit).toBe(0);
  expect(patterns(store)).toEqual([]);
});

test("rollback shows what would change, and asks", async () => {
  const store = await freshStore();
  await declare(store, routes(2), { history: 3 });
  await declare(store, routes(1));
  const terminal = open(["rollback"], store, {});
  await terminal.shows("+ /r1");
  await terminal.shows("Undo change 1 of shop/test?");
  terminal.press("y");
  expect(await terminal.exit).toBe(0);
  expect(patterns(store)).toHaveLength(2);
});

test("release asks, and no hands nothing back", async () => {
  const store = await freshStore();
  await declare(store, routes(2));
  const terminal = open(["release"], store, {});
  await terminal.shows("Release 2 routes of shop/test?");
  terminal.press("n");
  expect(await terminal.exit).toBe(4);
  expect(Object.keys(store.entries()).some((key) => key.includes(":owner:"))).toBe(true);
});

const looks: [string, string[]][] = [
  ["check", ["check"]],
  ["plan", ["plan"]],
  ["ls", ["ls"]],
  ["owners", ["owners"]],
  ["verify", ["verify", "--live-only"]],
  ["repair", ["repair"]],
  ["rollback", ["rollback", "--list"]],
  ["explain", ["explain", "/api"]],
  ["doctor", ["doctor"]],
  ["migrate", ["migrate", join(folder({ "legacy.json": { "/*": "https://web.example" } }), "legacy.json")]],
  ["policy", ["policy", "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d"]],
  ["completions", ["completions", "fish"]],
];

test.each(looks)(
  "%s shows its result in colour or plain, and nothing is left of the progress",
  async (_, args) => {
    const store = await freshStore();
    await declare(store, { "/api": "https://api.example" });
    const terminal = open(args, store, { "/api": "https://api.example" });
    expect(await terminal.exit).toBe(0);
    const last = terminal.raw.split("\u001B[2K").at(-1) ?? "";
    expect(last.trim()).not.toBe("");
    expect(last).not.toContain(" · reading");
  },
);

describe.each(commands.map(({ name }) => name))("%s at a terminal", (name) => {
  // All but `local`, which needs nothing, miss a store or an argument in an empty folder.
  const missing = name === "local" ? ["--port", "none"] : [];

  test.each([
    ["missing input", missing],
    ["bad input", ["--no-such-option"]],
  ])("%s is 2, in red, and nothing else is shown", async (_, args) => {
    const terminal = new Terminal([name, ...args], { cwd: folder() });
    terminals.push(terminal);
    expect(await terminal.exit).toBe(2);
    expect(terminal.raw).toContain("\u001B[31merror\u001B[39m USAGE: ");
    expect(
      steady(terminal.text)
        .split("\n")
        .filter((line) => !line.startsWith("(Did you mean")),
    ).toHaveLength(1);
  });
});

describe("Ctrl-C in the middle of 5,000 routes", () => {
  const many = routes(5_000);

  async function underWay(): Promise<{ store: LocalStore; terminal: Terminal }> {
    const store = await freshStore({ latencyMs: 40 });
    const terminal = open(["sync"], store, many);
    await terminal.shows(/writing: batch [2-9]\d* of \d{3}/u);
    return { store, terminal };
  }

  async function verifies(store: LocalStore): Promise<void> {
    store.setFaults({});
    const { client, arn } = store;
    const found = await verifyRoutes({ store: arn, client, router: "678a" });
    expect(found.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  }

  test("once: says what stands, and a second run finishes it", async () => {
    const { store, terminal } = await underWay();
    terminal.press(CTRL_C);
    expect(await terminal.exit).toBe(130);
    expect(terminal.text).toContain("stopping");
    expect(terminal.text).toMatch(/error INTERRUPTED: interrupted; state of the store: .+/u);
    const writes = store.stats().writesAccepted;
    expect(writes).toBeGreaterThan(0);
    await verifies(store);
    const again = open(["sync"], store, many);
    expect(await again.exit).toBe(0);
    await verifies(store);
  });

  test("twice: ends at once, and what stands is whole", async () => {
    const { store, terminal } = await underWay();
    const pressed = Date.now();
    terminal.press(CTRL_C);
    terminal.press(CTRL_C);
    expect(await terminal.exit).toBe(130);
    expect(Date.now() - pressed).toBeLessThan(2_000);
    expect(store.stats().writesAccepted).toBeGreaterThan(0);
    await verifies(store);
  });

  test("twice ends also what hears of no Ctrl-C", async () => {
    const cwd = folder({
      "routes.config.mjs":
        "export default () => new Promise((done) => { console.error('asked'); setTimeout(done, 60_000); });",
    });
    const terminal = new Terminal(["plan", "--local"], { cwd });
    terminals.push(terminal);
    await terminal.shows("asked");
    terminal.press(CTRL_C);
    await terminal.shows("stopping");
    terminal.press(CTRL_C);
    expect(await terminal.exit).toBe(130);
  });
});

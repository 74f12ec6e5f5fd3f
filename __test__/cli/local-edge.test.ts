/** `routesync local --edge`: a store and a local edge in one process, and its usage errors. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, expect, test } from "@jest/globals";

import { cli, environment, fits, folder, json, main, steady } from "../support/cli";

interface Running {
  result: { endpoint: string; arn: string; file: string; edge?: string };
  document: unknown;
  /** Waits until stderr has this text. */
  shows(text: string): Promise<string>;
  stop(): Promise<unknown>;
}

const running: Running[] = [];
afterEach(() => Promise.all(running.splice(0).map((one) => one.stop())));

/** Starts the command with `--json`, and waits for its document. */
async function local(args: string[], cwd: string, env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [main, "local", "--json", ...args], { cwd, env: environment(env) });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let [stdout, stderr] = ["", ""];
  let look = (): void => undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    look();
  });
  const until = (seen: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      look = () => seen() && resolve();
      look();
      child.on("close", () => reject(new Error(`the command ended: ${stderr}`)));
    });
  await until(() => stdout.endsWith("}\n"));
  const document = JSON.parse(stdout) as { result: Running["result"] };
  const one: Running = {
    result: document.result,
    document,
    async shows(text) {
      await until(() => stderr.includes(text));
      return stderr;
    },
    stop() {
      child.kill("SIGINT");
      return ended;
    },
  };
  running.push(one);
  return one;
}

test("requests reach what stands for the origins, and each has a line", async () => {
  const domain = "docs.s3.us-east-1.amazonaws.com";
  const cwd = folder({
    "routes.config.json": { routes: { "/docs": { bucket: domain }, "/api": "https://api.example" } },
  });
  mkdirSync(join(cwd, "files", "docs"), { recursive: true });
  writeFileSync(join(cwd, "files", "docs", "a.txt"), "text");
  const { result, document, shows } = await local(["--edge", "--origin", `${domain}=files`], cwd);
  expect(fits(document)).toBe(true);
  expect(result.edge).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
  expect((await cli(["sync", "--local"], { cwd })).code).toBe(0);

  expect(await (await fetch(`${result.edge}/docs/a.txt`)).text()).toBe("text");
  expect((await fetch(`${result.edge}/api`)).status).toBe(502);
  expect((await fetch(`${result.edge}/none`)).status).toBe(404);
  const lines = (await shows("/none")).split("\n").filter((line) => !/^(?:runs until|\{|$)/u.test(line));
  const id = /route (\S+) \/docs/u.exec(lines[0] ?? "")?.[1] ?? "";
  expect(lines.map((line) => steady(line).replace(/route \S{5,}/u, "route ID"))).toEqual([
    `GET 127.0.0.1/docs/a.txt → 200 in N ms · route ID /docs · 2 reads · bucket ${domain}`,
    "GET 127.0.0.1/api → 502 in N ms · route ID /api · 2 reads · https://api.example",
    expect.stringContaining("  The function chose the origin api.example"),
    "GET 127.0.0.1/none → 404 in N ms · route - · 1 read · function",
  ]);
  expect(id).not.toBe("");
});

test("the router is of the flag, the variable or the configuration, and the store of its folder", async () => {
  const config = { router: "678a", owner: "shop/test", routes: { "/api": "https://api.example" } };
  const home = folder({ "routes.config.json": config });
  const cwd = join(home, "below");
  mkdirSync(cwd);
  const { result, stop } = await local(["--edge"], cwd);
  expect(result.file).toBe(join(home, ".routesync", "store.json"));
  expect((await cli(["sync", "--local"], { cwd })).code).toBe(0);
  expect((await fetch(`${result.edge}/api`)).status).toBe(502);
  expect(await stop()).toBe(0);

  const other = await local(["--edge", "--router", "other"], home);
  expect((await fetch(`${other.result.edge}/api`)).status).toBe(404);
  await other.stop();
  const env = await local(["--edge"], home, { ROUTESYNC_ROUTER: "678a" });
  expect((await fetch(`${env.result.edge}/api`)).status).toBe(502);
});

test("Ctrl-C ends requests under way", async () => {
  const { result, stop } = await local(["--edge", "--router", "678a"], folder());
  const waiting = fetch(`${result.edge}/`, {
    method: "POST",
    body: new ReadableStream(),
    duplex: "half",
  } as RequestInit);
  const failed = waiting.then(
    ({ status }) => status,
    () => "ended",
  );
  expect(await stop()).toBe(0);
  expect([404, "ended"]).toContain(await failed);
});

test.each([
  [["--edge"], "router: missing: pass --router, set ROUTESYNC_ROUTER, or write it in a routes.config"],
  [["--edge-port", "4700"], "--edge-port is an option of the edge: add --edge"],
  [["--origin", "a.example=."], "--origin is an option of the edge: add --edge"],
  [["--router", "678a"], "--router is an option of the edge: add --edge"],
  [["--edge", "--origin", "a.example"], "Expected host=target"],
  [["--edge", "--router", "678a", "--origin", "a.example=none"], "--origin a.example: found "],
  [["--edge", "--router", "678a", "--origin", "a.example=https://b.example"], "expected http://host:port"],
  [["--edge", "--edge-port", "99999"], "Expected a port from 1 to 65535"],
])("local %j is a usage error", async (args, message) => {
  const cwd = folder();
  const { code, stderr } = await cli(["local", ...args], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`error USAGE: `)]);
  expect(stderr).toContain(message);
});

test("an edge's port in use is named, and the store is closed again", async () => {
  const cwd = folder();
  const { result, stop } = await local(["--edge", "--router", "678a"], cwd);
  const port = new URL(result.edge ?? "").port;
  const other = await json(["local", "--edge", "--router", "678a", "--edge-port", port], { cwd: folder() });
  expect(other).toMatchObject({
    code: 2,
    error: { code: "USAGE", message: expect.stringContaining(`--edge-port: found ${port}, which is in use`) },
  });
  await stop();
});

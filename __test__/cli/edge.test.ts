/** `routesync edge`: the function of a router, and the command that tries it in the user's account. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";

import { describe, expect, test } from "@jest/globals";

import { edgeFunction } from "../../lib/edge";
import { cli, folder, json } from "../support/cli";

const CONFIG = { "routes.config.json": { router: "678a" } };

describe("the function", () => {
  test("is printed for the router of the configuration, and its size beside it", async () => {
    const { code, stdout, stderr } = await cli(["edge"], { cwd: folder(CONFIG) });
    const text = edgeFunction({ router: "678a" });
    expect([code, stdout]).toEqual([0, `${text}\n`]);
    expect(stderr).toContain(`${text.length} of 10240 bytes`);
  });

  test("has the parts that flags and files ask for", async () => {
    const cwd = folder({ ...CONFIG, "before.js": "event.request.uri = '/x';" });
    const flags = ["--otherwise", "defaultOrigin", "--block-default-domain", "--probe", "--open-next"];
    const { result } = await json<{ code: string; bytes: number; limit: number }>(
      ["edge", ...flags, "--before", "before.js"],
      { cwd },
    );
    const code = edgeFunction({
      router: "678a",
      otherwise: "defaultOrigin",
      blockDefaultDomain: true,
      probe: true,
      openNext: true,
      before: "event.request.uri = '/x';",
    });
    expect(result).toEqual({ code, bytes: code.length, limit: 10_240 });
  });

  test.each([
    [[], "router: missing: pass --router"],
    [["--router", "a b"], '--router: is "a b"; expected 1 to 64 letters'],
    [["--router", "a", "--before", "none.js"], "none.js cannot be read"],
    [["--router", "a", "--after", "bad.js"], "--after: the runtime does not have destructuring, in line 2"],
    [["--router", "a", "--otherwise", "503"], "--otherwise"],
    [["--router", "a", "--test", "/api"], "--test: /api is not a URL"],
    [["--router", "a", "--test", "https://a.example", "--name", "a;b"], "--name: a;b cannot be the name"],
  ])("%j is refused", async (args, message) => {
    const at = { cwd: folder({ "bad.js": "\nconst { a } = event;\n" }) };
    const { code, stdout, stderr } = await cli(["edge", ...args], at);
    expect([code === 0, stdout]).toEqual([false, ""]);
    expect(stderr).toContain(message);
  });
});

describe("--test", () => {
  const args = ["edge", "--test", "https://Example.com/a%20b?x=1%202&y&x=3", "--name", "my-router"];

  test("prints an event, and a command of the AWS CLI that sends it", async () => {
    const { result } = await json<{ event: { request: object }; command: string }>(args, { cwd: folder() });
    expect(result.event.request).toEqual({
      method: "GET",
      uri: "/a%20b",
      querystring: {
        x: { value: "1%202", multiValue: [{ value: "1%202" }, { value: "3" }] },
        y: { value: "" },
      },
      headers: { host: { value: "example.com" } },
      cookies: {},
    });
    expect(result.command).toContain("aws cloudfront test-function");
    expect(result.command).toContain("ComputeUtilization");
  });

  test("is a script that sh runs", async () => {
    const cwd = folder({ aws: '#!/bin/sh\necho "$@" >> calls\n' });
    const { stdout } = await cli(args, { cwd });
    const script = `chmod +x aws; PATH=".:$PATH"; ${stdout}`;
    expect(spawnSync("sh", { cwd, input: script }).status).toBe(0);
    const { event } = (await json<{ event: unknown }>(args, { cwd })).result;
    expect(JSON.parse(readFileSync(join(cwd, "event.json"), "utf8"))).toEqual(event);
    const calls = readFileSync(join(cwd, "calls"), "utf8");
    expect(calls).toContain("describe-function --name my-router --stage DEVELOPMENT");
    expect(calls).toContain("--event-object fileb://event.json");
  });
});

/** Messages on the command line name flags and commands, and do not repeat themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { commands } from "../../lib/cli/commands";
import { inFlags } from "../../lib/cli/in-flags";
import { cli, folder, json, project, ROUTES } from "../support/cli";
import { root } from "../support/run";
import { declare, freshStore } from "../support/store";

const LIBRARY = [
  "syncRoutes",
  "planRoutes",
  "readRoutes",
  "listOwners",
  "listHistory",
  "verifyRoutes",
  "explainRoute",
  "removeRoutes",
  "pruneOwners",
  "rollbackRoutes",
  "releaseRoutes",
  "setIndex",
  "repairRoutes",
];

describe("a message of the library", () => {
  const cases: [string, string, string][] = [
    ["sync", "set `allowEmpty: true` if that is meant", "set `--allow-empty` if that is meant"],
    ["sync", "and `maxRemoved` allows 1; nothing", "and `--max-removed` allows 1; nothing"],
    [
      "sync",
      'to deploy anyway, set `lint: { HTTP_ORIGIN: "warn" }`',
      "to deploy anyway, set `--lint HTTP_ORIGIN=warn`",
    ],
    ["sync", "or name it in `takeover`", "or name it in `--takeover`"],
    ["verify", "or name it in `takeover`", "or name it in `routesync sync --takeover`"],
    ["ls", "name a profile (client.profile), or", "name a profile (--profile), or"],
    ["ls", "check `client.endpoint` and the proxy", "check `--endpoint` and the proxy"],
    [
      "rollback",
      "call `syncRoutes` with `history` from now on",
      "run `routesync sync` with `--history` from now on",
    ],
    ["rollback", "to try again, call with `to: 41`", "to try again, call with `--to 41`"],
    [
      "verify",
      'deploy the owner with `verify: "full"`, or call repairRoutes with its routes',
      "deploy the owner with `routesync sync --verify full`, or run `routesync repair` with its routes",
    ],
    [
      "verify",
      "call repairRoutes with `foreign: true` if nothing else reads it",
      "run `routesync repair` with `--foreign` if nothing else reads it",
    ],
    ["sync", "has neither `url` nor `bucket`", "has neither `url` nor `bucket`"],
  ];

  test.each(cases)("of %s: %s", (name, message, told) => expect(inFlags(message, name)).toBe(told));

  test("names no function and no option that is a flag, wherever one is written in the core", () => {
    const flags = new Set(
      commands.flatMap(({ flags: list }) =>
        list.map(({ flags: spelt }) => /--([\w-]+)/u.exec(spelt)?.[1] ?? ""),
      ),
    );
    const kebab = (name: string) => name.replaceAll(/[A-Z]/gu, (upper) => `-${upper.toLowerCase()}`);
    const shipped = [
      "src",
      ...["aws", "core", "local", "migrate"].map((name) => join("crates", name, "src")),
    ];
    const files = shipped.flatMap((source) =>
      readdirSync(join(root, source), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".rs"))
        .map((file) => join(source, file)),
    );
    const texts = files.flatMap((file) => {
      const [code = ""] = readFileSync(join(root, file), "utf8").split("#[cfg(test)]");
      const lines = code.split("\n").filter((line) => !/^\s*\/\/|reason = /u.test(line));
      return [...lines.join("\n").matchAll(/"((?:[^"\\]|\\.)* (?:[^"\\]|\\.)*)"/gu)].map(([, text = ""]) =>
        text.replaceAll('\\"', '"').replaceAll("{{", "{").replaceAll("}}", "}"),
      );
    });
    expect(texts.length).toBeGreaterThan(300);
    const left = texts
      .map((text) => inFlags(text.replaceAll(/\{[\w:]*\}/gu, "X"), "sync"))
      .filter((text) => {
        const functions = LIBRARY.some((name) => new RegExp(`\\b${name}\\b`, "u").test(text));
        const options = [...text.matchAll(/`([a-z][A-Za-z]*)[:`]/gu)].some(([, name = ""]) =>
          flags.has(kebab(name)),
        );
        return functions || options;
      });
    expect(left).toEqual([]);
  });

  test("reaches the user so", async () => {
    const store = await freshStore();
    await declare(store, { "/a": "https://a.example" });
    const refused = await cli(["sync"], project(store, {}));
    expect(refused.stderr).toContain("1 route in router");
    expect(refused.stderr).toContain("set `--allow-empty` if that is meant");
    expect((await cli(["plan"], project(store, {}))).stdout).toContain("set `--allow-empty`");
    expect((await cli(["plan", "--markdown"], project(store, {}))).stdout).toContain("set `--allow-empty`");
    expect((await cli(["rollback"], project(store))).stderr).toContain("`routesync sync` with `--history`");
  });
});

test("a plan that was refused is not told as one that changes nothing", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://a.example" });
  const { code, stderr } = await cli(["sync"], project(store, {}));
  expect(code).toBe(4);
  expect(stderr).not.toMatch(/to add|to change|to remove/u);
  // One that is not refused is.
  expect((await cli(["sync", "--yes"], project(store, {}))).stderr).toContain(
    "0 to add, 0 to change, 1 to remove",
  );
});

test("a share lets an owner with few routes remove one, and no more", async () => {
  const store = await freshStore();
  const three = { "/a": "https://a.example", "/b": "https://b.example", "/c": "https://c.example" };
  await declare(store, three);
  const two = { "/a": three["/a"], "/b": three["/b"] };
  expect((await cli(["sync", "--max-removed", "20%"], project(store, { "/a": three["/a"] }))).code).toBe(4);
  expect((await cli(["sync", "--max-removed", "0%"], project(store, two))).code).toBe(4);
  expect((await cli(["sync", "--max-removed", "20%"], project(store, two))).code).toBe(0);
});

test.each([
  [
    "sync",
    "--deadline",
    "5m",
    '--deadline: expected seconds from 0.001 to 3600, as a number or a text such as "5 minutes", found "5m"',
  ],
  [
    "prune",
    "--older-than",
    "7d",
    '--older-than: expected seconds from 0 to 315360000 (3650 days), as a number or a text such as "7 days", found "7d"',
  ],
  ["sync", "--router", "no router", "--router: expected 1 to 64 letters"],
])("%s %s %s says what is accepted once, of the flag", async (command, flag, value, told) => {
  const store = await freshStore();
  const match = command === "prune" ? ["--match", "a*"] : [];
  const { code, stderr } = await cli([command, flag, value, ...match], project(store));
  expect(code).toBe(2);
  expect(stderr).toContain(`error INVALID_OPTION: ${told}`);
  expect(stderr.match(/as a number/gu)?.length ?? 0).toBeLessThan(2);
});

test("an option of the configuration keeps its name", async () => {
  const store = await freshStore();
  const { stderr } = await cli(["sync"], project(store, ROUTES, { deadline: "5m" }));
  expect(stderr).toContain("error INVALID_OPTION: deadline: expected seconds from");
});

test.each(["99999", "-1", "1.5", "http"])("local --port %s says which ports there are", async (value) => {
  const { code, stderr } = await cli(["local", `--port=${value}`], { cwd: folder() });
  expect(code).toBe(2);
  expect(stderr).toContain("Expected a port from 1 to 65535");
});

test("one is one", async () => {
  const store = await freshStore();
  await cli(["sync"], project(store, { "/a": "https://a.example", "/b": "https://a.example" }));
  const rest = await json(["sync"], project(store, { "/a": "https://a.example" }));
  expect(rest.code).toBe(0);
  const at = project(store, { "/a": "https://a.example" }, { gracePeriod: 0 });
  const texts = [(await cli(["plan"], at)).stdout, (await cli(["plan", "--markdown"], at)).stdout];
  for (const text of texts) expect(text).not.toMatch(/\b1 (keys|routes|requests|conflicts)\b/u);
});

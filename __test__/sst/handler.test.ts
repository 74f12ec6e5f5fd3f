/**
 * The provider's text in the state. Each test runs it as Pulumi's process for dynamic providers does: in `.sst/platform` of a project.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "@jest/globals";

import { handlerText, isOwnText } from "../../lib/sst/handler";
import type { Kind } from "../../lib/sst/kinds";
import { readOptions } from "../../lib/sst/options";
import { node, root } from "../support/run";
import { theirText } from "../support/sst-resources";
import { freshStore } from "../support/store";

const { version } = require("../../package.json") as { version: string };

const clean: (() => void | Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
});

/** A project of SST, with what `install` puts into its `node_modules/routesync`. */
function project(install?: (folder: string) => void) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "routesync-sst-")));
  clean.push(() => rmSync(folder, { recursive: true }));
  const platform = join(folder, ".sst", "platform");
  mkdirSync(platform, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  install?.(join(folder, "node_modules", "routesync"));
  return platform;
}

const linked = (folder: string) => symlinkSync(root, folder, "junction");

/** A package with this manifest and code, which is not this one. */
const another = (manifest: object, code?: string) => (folder: string) => {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "routesync", ...manifest }));
  if (code !== undefined) writeFileSync(join(folder, "provider.js"), code);
};
const EXPORTS = { exports: { "./sst-provider": "./provider.js", "./package.json": "./package.json" } };

/** SST's server, which answers each call with `answer`. */
async function sstServer(answer: object) {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      bodies.push({ path: request.url, ...(JSON.parse(body) as object) });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  clean.push(() => new Promise((resolve) => server.close(resolve)));
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Makes the calls `[method, ...arguments]` of the provider; prints the answers, and `failed: …` for an error. */
async function called(text: string, cwd: string, calls: unknown[][], env: NodeJS.ProcessEnv = {}) {
  const program = `
    const module = { exports: {} };
    process.argv[1] = ${JSON.stringify(join(cwd, "node_modules", "@pulumi", "pulumi", "index.js"))};
    new Function("exports", "require", ${JSON.stringify(text)})(module.exports, require);
    (async () => {
      const answers = [];
      try {
        const provider = module.exports.handler();
        for (const [method, ...given] of ${JSON.stringify(calls)}) answers.push(await provider[method](...given));
        console.log(JSON.stringify(answers));
      } catch (error) {
        console.log("failed: " + error.message.split("\\n")[0]);
      }
    })();`;
  const { NODE_PATH: _, SST_SERVER: _s, ...own } = process.env;
  return node(["-e", program], cwd, { ...own, ...env });
}

const text = (kind: Kind, options = {}) => handlerText(kind, readOptions(options, version));

describe("the text", () => {
  test.each<Kind>(["keys", "entry"])(
    "of the kind %s is short, always the same, and free of this machine",
    (kind) => {
      const options = { client: { profile: "deployer" }, gather: "1 second", deadline: "5 minutes" };
      process.env["SST_AWS_SECRET_ACCESS_KEY"] = "very-secret";
      const made = text(kind, options);
      Reflect.deleteProperty(process.env, "SST_AWS_SECRET_ACCESS_KEY");
      expect(made.length).toBeLessThan(1_600);
      expect(made).toBe(text(kind, options));
      for (const place of [root, process.cwd(), homedir(), tmpdir(), "very-secret"]) {
        expect(made).not.toContain(place);
      }
      expect(made.match(/require\(.*?\)/gu)).toEqual(['require("node:module")', 'require("node:path")']);
    },
  );

  test("has the options, whatever signs they contain", () => {
    const client = { profile: "$& KIND OPTIONS RPC" };
    expect(text("keys", { client })).toContain(JSON.stringify(client));
  });

  test("is told from SST's own, in every version", () => {
    expect(isOwnText(text("keys"))).toBe(true);
    expect(isOwnText("// routesync/sst\nanother version")).toBe(true);
    for (const other of [theirText("keys"), "", undefined, {}]) expect(isOwnText(other)).toBe(false);
  });
});

describe("with the package in the project", () => {
  test("its provider answers, and the log gets one summary as the process ends", async () => {
    const store = await freshStore();
    const inputs = { store: store.arn, namespace: "117d", entries: { metadata: "{}" }, purge: false };
    const made = text("keys", { gather: 0, client: { endpoint: store.endpoint } });
    const env = { SST_AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", SST_AWS_SECRET_ACCESS_KEY: "very-secret" };
    const printed = await called(made, project(linked), [["create", inputs]], env);
    expect(printed.split("\n")).toEqual([
      JSON.stringify([
        { id: "entries", outs: { store: store.arn, entries: { metadata: "{}" }, namespace: "117d" } },
      ]),
      expect.stringMatching(/^routesync: 1 route write in 1 commit · \d+ requests · 0 conflicts$/u),
    ]);
    expect(store.entries()).toEqual({ "117d:metadata": "{}" });
  });
});

describe("without the package", () => {
  const olds = { entry: "url,117d,,/old", __provider: "text" };
  const news = { entry: "url,117d,,/new", __provider: "text" };

  test("SST's server does the work, by SST's calls", async () => {
    const server = await sstServer({ id: null, result: { id: "i", outs: news }, error: null });
    const answers = await called(
      text("entry"),
      project(),
      [
        ["create", news],
        ["update", "i", olds, news],
        ["delete", "i", olds],
      ],
      { SST_SERVER: server.url },
    );
    expect(JSON.parse(answers)).toEqual(Array.from({ length: 3 }, () => ({ id: "i", outs: news })));
    const call = (method: string, given: object) => ({
      path: "/rpc",
      jsonrpc: "1.0",
      method: `Resource.Aws.KvRoutesUpdate.${method}`,
      params: [given],
    });
    expect(server.bodies).toEqual([
      call("Create", news),
      call("Update", { id: "i", olds, news }),
      call("Delete", { id: "i", outs: olds }),
    ]);
  });

  test("an error of SST's server fails the resource", async () => {
    const server = await sstServer({ id: null, result: null, error: "no such store" });
    const answer = await called(text("keys"), project(), [["create", news]], { SST_SERVER: server.url });
    expect(answer).toBe("failed: no such store");
  });
});

test.each<[string, (folder: string) => void, string]>([
  ["throws", another(EXPORTS, 'throw new Error("broken package")'), "broken package"],
  ["has lost a file", another(EXPORTS), "Cannot find module"],
  [
    "is of a version without this provider",
    another({ exports: { "./package.json": "./package.json" } }),
    "sst-provider",
  ],
])("a package that %s fails the resource, and SST's server writes nothing", async (_, install, message) => {
  const server = await sstServer({ id: null, result: {}, error: null });
  const answer = await called(text("keys"), project(install), [["create", {}]], { SST_SERVER: server.url });
  expect(answer).toMatch(/^failed: /u);
  expect(answer).toContain(message);
  expect(server.bodies).toEqual([]);
});

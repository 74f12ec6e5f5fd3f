/** A user's program, bundled as SST bundles `sst.config.ts`, finds the addon when it runs. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";

import { node, root } from "./support/run";

const program = `
  const { syncRoutes, isRouteSyncError } = await import("routesync");
  const { startLocalStore } = await import("routesync/testing");
  const store = await startLocalStore();
  const report = await syncRoutes({
    store: store.arn, client: store.client, router: "678a", owner: "shop/test",
    routes: { "/api": "https://a.example" },
  });
  await store.close();
  console.log(JSON.stringify(report.added));
`;

/** A program that calls, in a place from which the package cannot be found. */
const lonely = `
  const { syncRoutes } = await import("routesync");
  try { await syncRoutes({}); } catch (error) { console.log(error.code + " " + error.message + " " + (error.cause?.stack ?? "")); }
`;

/** The code that SST puts before a bundle. */
const banner = `
  import { createRequire as topLevelCreateRequire } from "module";
  const require = topLevelCreateRequire(import.meta.url);
  import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";
  const __filename = topLevelFileUrlToPath(import.meta.url);
  const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));
`;

let app: string;
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "routesync-bundle-"));
  mkdirSync(join(app, "node_modules"));
  symlinkSync(root, join(app, "node_modules", "routesync"), "junction");
});
afterAll(() => rmSync(app, { recursive: true, force: true }));

async function bundle(
  text: string,
  head: string,
  to = join(app, ".sst", "platform"),
  format: "esm" | "cjs" = "esm",
): Promise<string> {
  const outfile = join(to, `sst.config.${format === "esm" ? "mjs" : "cjs"}`);
  writeFileSync(join(app, "sst.config.ts"), text);
  await build({
    absWorkingDir: app,
    entryPoints: ["sst.config.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format,
    target: "esnext",
    mainFields: ["module", "main"],
    external: ["@pulumi/*", "@aws-sdk/*"],
    banner: { js: head },
    logLevel: "silent",
  });
  return outfile;
}

describe.each([
  ["with SST's banner", banner],
  ["without a banner", ""],
])("bundled %s", (_, head) => {
  test.each([
    ["from the project's folder", () => app],
    ["from another folder", () => tmpdir()],
  ])("runs %s", async (_where, cwd) => {
    expect(await node([await bundle(program, head)], cwd())).toBe('["/api"]');
  });
});

test("bundled as CommonJS, as functions are, it runs", async () => {
  const whole = `(async () => {${program}})();`;
  expect(await node([await bundle(whole, "", undefined, "cjs")], app)).toBe('["/api"]');
});

test("a bundle that is away from the project finds the addon from the folder it runs in", async () => {
  const away = mkdtempSync(join(tmpdir(), "routesync-away-"));
  try {
    expect(await node([await bundle(program, banner, away)], app)).toBe('["/api"]');
  } finally {
    rmSync(away, { recursive: true, force: true });
  }
});

test("a bundle with the packages beside it that the message names runs, away from everything", async () => {
  const away = mkdtempSync(join(tmpdir(), "routesync-away-"));
  try {
    const file = await bundle(lonely, banner, away);
    const told = await node([file], away);
    const kept = [...told.matchAll(/node_modules\/(routesync[\w-]*)/gu)].map(([, name = ""]) => name);
    expect(kept).toHaveLength(2);
    const [, platform = ""] = kept;
    // As npm installs them: the binary is in the platform's package alone.
    for (const name of ["package.json", "native.js", "dist"]) {
      cpSync(join(root, name), join(away, "node_modules", "routesync", name), { recursive: true });
    }
    const from = platform.replace("routesync-", "");
    const own = join(away, "node_modules", platform);
    cpSync(join(root, "npm", from, "package.json"), join(own, "package.json"));
    cpSync(join(root, `routesync.${from}.node`), join(own, `routesync.${from}.node`));
    expect(await node([await bundle(program, banner, away)], tmpdir())).toBe('["/api"]');

    // Without the platform's package it says that this is what is missing, and blames nothing else.
    rmSync(own, { recursive: true });
    const partial = await node([await bundle(lonely, banner, away)], away);
    expect(partial).toContain(`Cannot find module '${platform}'`);
    expect(partial).not.toContain("npm has a bug");
    expect(partial).toContain(`node_modules/${platform}`);
  } finally {
    rmSync(away, { recursive: true, force: true });
  }
});

test("a bundle without the package near says what is missing", async () => {
  const away = mkdtempSync(join(tmpdir(), "routesync-away-"));
  try {
    const printed = await node([await bundle(lonely, banner, away)], away);
    expect(printed).toMatch(
      new RegExp(`^NATIVE_MISSING .*${process.platform}-${process.arch}.*linux-x64-musl.*install`),
    );
  } finally {
    rmSync(away, { recursive: true, force: true });
  }
});

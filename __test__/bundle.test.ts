/** A user's program, bundled as SST bundles `sst.config.ts`, finds the addon when it runs. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

/** Calls without a package to be found anywhere. */
const lonely = `
  const { syncRoutes } = await import("routesync");
  try { await syncRoutes({}); } catch (error) { console.log(error.code + " " + error.message); }
`;

/** What SST puts before the bundle. */
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

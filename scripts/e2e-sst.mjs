/**
 * `npm run e2e:sst -- [part of a story's name…]`, also on a fresh clone: prepares what is missing, checks types, and runs the
 * stories.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { prepare } from "./adapters.mjs";
import { engine } from "./pulumi-engine.mjs";
import { fail, ready, root, run } from "./ready.mjs";
import { platform, sstCommand } from "./sst-platform.mjs";

/** Prepares SST, and returns the environment in which `e2e/sst` finds it. */
export function prepareSst() {
  if (process.platform === "win32") fail("the stand-ins of Pulumi's plugins are shell scripts: no Windows");
  ready({});
  prepare("sst");
  return {
    ROUTESYNC_ROOT: root,
    ROUTESYNC_ENGINE: engine(),
    ROUTESYNC_SST: sstCommand(),
    ROUTESYNC_SST_PLATFORM: platform(),
  };
}

/** Bundles a program of `e2e/sst`; returns its file. */
export async function bundleSst(name) {
  const made = join(root, ".cache", "e2e-sst");
  mkdirSync(made, { recursive: true });
  const { build } = await import("esbuild");
  const outfile = join(made, `${name}.cjs`);
  await build({
    entryPoints: [join(root, "e2e", "sst", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    packages: "external",
    logLevel: "warning",
    // The tests' support looks for files beside itself.
    define: { __dirname: JSON.stringify(join(root, "__test__", "support")) },
  });
  return outfile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const env = { ...process.env, ...prepareSst() };
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  run(process.execPath, [tsc, "--noEmit"], { cwd: join(root, "e2e", "sst") });
  run(process.execPath, [await bundleSst("main"), ...process.argv.slice(2)], { env });
}

/** `npm run e2e:pulumi -- [part of a story's name…]`, also on a fresh clone: builds whatever is missing, then runs the stories. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { prepare } from "./adapters.mjs";
import { engine } from "./pulumi-engine.mjs";
import { ready, root, run } from "./ready.mjs";

ready({});
prepare("pulumi");
const programsFrom = join(root, "e2e", "pulumi", "programs");
const made = join(root, ".cache", "e2e-pulumi");
mkdirSync(made, { recursive: true });

const { build } = await import("esbuild");
const common = { bundle: true, platform: "node", target: "node20", logLevel: "warning" };
await build({
  ...common,
  entryPoints: readdirSync(programsFrom).map((name) => join(programsFrom, name)),
  outdir: join(made, "programs"),
  format: "cjs",
  external: ["@pulumi/*", "routesync/*"],
});
await build({
  ...common,
  entryPoints: [join(root, "e2e", "pulumi", "main.ts")],
  outfile: join(made, "main.cjs"),
  format: "cjs",
  packages: "external",
  // The tests' support code searches for files beside itself.
  define: { __dirname: JSON.stringify(join(root, "__test__", "support")) },
});

run(process.execPath, [join(made, "main.cjs"), ...process.argv.slice(2)], {
  env: {
    ...process.env,
    ROUTESYNC_ROOT: root,
    ROUTESYNC_PROGRAMS: join(made, "programs"),
    ROUTESYNC_ENGINE: engine(),
  },
});

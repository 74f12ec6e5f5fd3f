/**
 * `dist/index.mjs`: the library as one ES module. What Node does to import CommonJS from one takes four times as long as all
 * else of an import (docs/performance.md). State is the addon's, so it does not matter where a program has both.
 */
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await build({
  entryPoints: [file("lib/index.ts")],
  outfile: file("dist/index.mjs"),
  inject: [file("scripts/esm-scope.mjs")],
  bundle: true,
  platform: "node",
  format: "esm",
  target: "es2023",
  // By other names: what SST puts before a bundle declares these.
  define: { require: "moduleRequire", __filename: "moduleFile" },
  logLevel: "warning",
});

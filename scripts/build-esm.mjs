/**
 * Builds `dist/index.mjs`: the library as one ES module. When an ES module imports CommonJS, Node's own work takes four times as long as
 * the rest of the import (docs/performance.md). All state is in the addon, so a program may load both forms.
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
  // Other names are needed, since the code that SST puts before a bundle declares `require` and `__filename`.
  define: { require: "moduleRequire", __filename: "moduleFile" },
  logLevel: "warning",
});

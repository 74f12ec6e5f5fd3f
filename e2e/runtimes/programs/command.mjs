/** Runs the command, with all of its dependencies, in this process and on its own store. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const manifest = require.resolve("routesync/package.json");
const { bin } = require(manifest);
process.argv.splice(2, Infinity, "ls", "--local", "--router", "678a");
process.on("exit", (code) => {
  assert.equal(code, 0);
  console.log("done");
});
require(join(dirname(manifest), bin.routesync));

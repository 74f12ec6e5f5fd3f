/**
 * What CommonJS gives each file by itself, for the same sources as an ES module: scripts/build-esm.mjs puts it in. A bundle
 * that a user makes of that may have no `import.meta.url`, or one that is no file's; then the package is looked for from the program.
 */
import * as nodeModule from "node:module";
import * as nodePath from "node:path";
import { fileURLToPath } from "node:url";

export const moduleFile = import.meta.url?.startsWith("file:") ? fileURLToPath(import.meta.url) : undefined;

/** Not by `createRequire`: it loads what an ES module does without, and webpack warns of one that it cannot follow. */
const builtins = { "node:module": nodeModule, "node:path": nodePath };
export const moduleRequire = (name) => builtins[name];

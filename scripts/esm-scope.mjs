/**
 * The scope variables of CommonJS, for the same sources as an ES module. scripts/build-esm.mjs injects them. A user's bundle of that
 * module may have no `import.meta.url`, or one that does not name a file. The package is then searched from the program.
 */
import * as nodeModule from "node:module";
import * as nodePath from "node:path";
import { fileURLToPath } from "node:url";

export const moduleFile = import.meta.url?.startsWith("file:") ? fileURLToPath(import.meta.url) : undefined;

/** `createRequire` is not used, since it loads more of Node, and webpack warns if it cannot follow a call. */
const builtins = { "node:module": nodeModule, "node:path": nodePath };
export const moduleRequire = (name) => builtins[name];

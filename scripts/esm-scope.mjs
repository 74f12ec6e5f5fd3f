/**
 * What CommonJS gives each file by itself, for the same sources as an ES module: scripts/build-esm.mjs puts it in. A bundle
 * that a user makes of that may have no `import.meta.url`, or one that is no file's; then modules are looked for from the program's folder.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const moduleFile = import.meta.url?.startsWith("file:") ? fileURLToPath(import.meta.url) : undefined;
export const moduleRequire = createRequire(moduleFile ?? join(process.cwd(), "package.json"));

/**
 * What CommonJS gives each file by itself, for the same sources as an ES module: scripts/build-esm.mjs puts it in. A bundle
 * in CommonJS form that a user makes of that has no `import.meta.url`; then the program's folder is where modules are looked for.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const moduleFile = import.meta.url && fileURLToPath(import.meta.url);
export const moduleRequire = createRequire(import.meta.url || join(process.cwd(), "package.json"));

/** Writes docs/cli.md from the list of commands. With `--check`, it fails if the file differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { fail, root } from "./ready.mjs";

const { createJiti } = await import("jiti");
// jiti loads TypeScript, so the generator and the commands need no build.
const jiti = createJiti(import.meta.url);
const { manual } = await jiti.import("./manual.ts");
const { commands } = await jiti.import("../lib/cli/commands/index.ts");
const { format, resolveConfig } = await import("prettier");

const file = join(root, "docs", "cli.md");
const text = await format(manual(commands), { ...(await resolveConfig(file)), filepath: file });
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text)
  fail("docs/cli.md differs from lib/cli: run node scripts/cli-docs.mjs");

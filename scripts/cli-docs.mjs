/** Writes docs/cli.md from the list of commands; `--check` fails where it differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { buildDist, fail, root } from "./ready.mjs";

buildDist();
const require = createRequire(import.meta.url);
const { manual } = require("../dist/cli/manual.js");
const { commands } = require("../dist/cli/commands/index.js");
const { format, resolveConfig } = await import("prettier");

const file = join(root, "docs", "cli.md");
const text = await format(manual(commands), { ...(await resolveConfig(file)), filepath: file });
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text)
  fail("docs/cli.md is not what lib/cli says: node scripts/cli-docs.mjs");

/** docs/cli.md matches the list of commands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { commands } from "../../lib/cli/commands";
import { node, root } from "../support/run";

test("docs/cli.md is what scripts/cli-docs.mjs would write", async () => {
  expect(await node(["scripts/cli-docs.mjs", "--check"])).toBe("");
});

test("it has a chapter for every command", () => {
  const text = readFileSync(join(root, "docs", "cli.md"), "utf8");
  for (const { name } of commands) expect(text).toContain(`\n### ${name}\n`);
});

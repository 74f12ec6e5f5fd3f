/** The tests that SECURITY.md names exist. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { root } from "./support/run";

const text = readFileSync(join(root, ".github", "SECURITY.md"), "utf8");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const named = (pattern: RegExp): string[] => [
  ...new Set(Array.from(text.matchAll(pattern), ([, name]) => name!)),
];

test.each(named(/(?<![\w.])((?:\w|-)+\.test\.ts)/g))("%s", (name) => {
  const adapters = ["alchemy", "cdk", "pulumi"].map((adapter) => join("e2e", adapter));
  const tests = ["__test__", ...adapters].flatMap((folder) => readdirSync(join(root, folder)));
  expect(tests).toContain(name);
});

test.each(named(/`(crates\/[\w/]+(?:\.rs)?)/g))("%s", (path) => {
  expect(read(path)).not.toBe("");
});

test.each(named(/`([a-z]+(?:_[a-z]+){3,})`/g))("%s", (name) => {
  const sources = ["src", "crates"]
    .flatMap((dir) =>
      readdirSync(join(root, dir), { recursive: true, encoding: "utf8" }).map((path) => join(dir, path)),
    )
    .filter((path) => path.endsWith(".rs") && read(path).includes(`fn ${name}(`));
  expect(sources).toHaveLength(1);
});

test("phrases of hostile.test.ts are titles there", () => {
  const titles = read("__test__/hostile.test.ts");
  const phrases = named(/`__test__\/hostile\.test\.ts`: "([^"]+)"/g);
  expect(phrases.length).toBeGreaterThan(2);
  for (const phrase of phrases) expect(titles).toContain(phrase);
});

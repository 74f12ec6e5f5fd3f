/**
 * Checks the blocks of the documents: programs compile and run against an embedded store, the real command line accepts the commands and
 * runs them on such a store, the output matches, and data can be parsed. `no-run` after a fence's language marks a block that needs
 * something else to run.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import Ajv from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";

import { blocks, chapters, DECLARATIONS, documents, fileOf, links, place } from "./support/docs/blocks";
import { compiled, programsFor } from "./support/docs/compile";
import { programs, runnable } from "./support/docs/programs";
import { commandsOf, wrong } from "./support/docs/shell";
import { follow, update } from "./support/docs/terminal";
import { node, root } from "./support/run";
import { declare, freshStore } from "./support/store";

const pages = [...documents(), ...DECLARATIONS].map((file) => ({ file, blocks: blocks(file) }));
const all = pages.flatMap((page) => page.blocks);
const of = (language: string) => all.filter((block) => block.language === language);

let folder: string;
beforeAll(() => {
  // Within the package: it is found by its own name there.
  const cache = join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "docs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every block is of a language that is looked at here", () => {
  const known = new Set(["ts", "sh", "console", "json", "yaml", "text"]);
  expect(all.filter(({ language }) => !known.has(language)).map(place)).toEqual([]);
  expect(all.length).toBeGreaterThan(60);
});

describe("TypeScript", () => {
  const sources = pages.map((page) => programs(page.blocks)).filter((found) => found.length > 0);

  // Those of a framework: e2e/<framework>/docs.test.ts.
  test("every program without a framework compiles", async () => {
    expect(await compiled(programsFor())).toBe("");
  });

  test("every program that needs no framework runs to its end, on a store that it really calls", async () => {
    const pagesRun = sources.map((found) =>
      found.filter(({ block }) => !block.flags.includes("no-run") && !fileOf(block)),
    );
    for (const program of pagesRun.flat())
      writeFileSync(join(folder, `${program.name}.mjs`), runnable(program));
    const groups = pagesRun.flatMap((found) => {
      const list = found.map(({ block, name }) => ({ at: place(block), name }));
      const declaration = DECLARATIONS.includes(found[0]?.block.file ?? "");
      return declaration
        ? list.map((one) => ({ deployed: true, programs: [one] }))
        : [{ deployed: false, programs: list }];
    });
    writeFileSync(join(folder, "programs.json"), JSON.stringify(groups));
    const printed = await node([join(root, "__test__/support/docs/run.mjs"), folder]);
    const results = JSON.parse(printed.split("\n").at(-1) ?? "") as {
      at: string;
      error?: string;
      requests: number;
    }[];
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(results).toHaveLength(pagesRun.flat().length);
    // A page whose programs are all about live routes reaches the store with each.
    expect(
      results.filter(({ at }) => at.startsWith("README.md")).map(({ requests }) => requests > 0),
    ).toEqual([true]);
  });
});

test("a test that a document shows passes under Jest", async () => {
  const shown = of("ts").filter((block) => fileOf(block)?.endsWith(".test.ts"));
  expect(shown.length).toBeGreaterThan(0);
  const home = join(folder, "jest");
  mkdirSync(home);
  for (const block of shown) writeFileSync(join(home, fileOf(block) ?? ""), block.text);
  const config = {
    rootDir: home,
    transform: { "\\.ts$": join(root, "node_modules", "@swc", "jest") },
    moduleNameMapper: {
      "^routesync$": join(root, "dist", "index.js"),
      "^routesync/testing$": join(root, "dist", "testing", "index.js"),
    },
  };
  const jest = join(root, "node_modules", "jest", "bin", "jest.js");
  // Its summary goes to stderr; it fails when a test does.
  await node([jest, "--config", JSON.stringify(config)], home);
});

describe("the shell", () => {
  test("every command is there, and takes what it is given", () => {
    const found = [...of("sh"), ...of("console")].flatMap((block) => {
      const text = block.language === "console" ? typed(block.text) : block.text;
      return commandsOf(text).map((words) => ({ at: place(block), words, wrong: wrong(words) }));
    });
    expect(found.filter((command) => command.wrong !== undefined)).toEqual([]);
    expect(found.length).toBeGreaterThan(80);
  });

  test("README shows the figures of the last bench", async () => {
    expect(await node(["scripts/figures.mjs", "--check"])).toBe("");
  });
});

// They are lines of a POSIX shell.
const shell = process.platform === "win32" ? describe.skip : describe;
shell("in a shell", () => {
  const shown = pages.filter((page) =>
    page.blocks.some(({ language }) => ["sh", "console"].includes(language)),
  );
  test.each(shown)("the commands of $file do what it shows", (page) => {
    const { differences } = follow(page.blocks);
    if (process.env["UPDATE_DOCS"]) update(page.file, differences);
    expect(differences).toEqual([]);
  });
});

test("every relative link leads to a file, and to a chapter where it names one", () => {
  const broken = documents().flatMap((file) =>
    links(file).filter(({ target, chapter }) => {
      const path = join(root, dirname(file), target);
      if (!existsSync(path)) return true;
      return chapter !== undefined && !chapters(readFileSync(path, "utf8")).includes(chapter);
    }),
  );
  expect(broken).toEqual([]);
});

describe("data", () => {
  test("JSON parses, and what a command prints is of the schema", () => {
    const schema = JSON.parse(readFileSync(join(root, "docs", "cli.schema.json"), "utf8")) as object;
    const fits = new Ajv().compile(schema);
    const printed = of("json")
      .map((block) => ({ at: place(block), value: JSON.parse(block.text) as Record<string, unknown> }))
      .filter(({ value }) => typeof value["command"] === "string");
    expect(printed.length).toBeGreaterThan(1);
    expect(printed.filter(({ value }) => !fits(value))).toEqual([]);
  });

  test("YAML parses, and what a workflow runs is there", () => {
    const ours = readdirSync(join(root, ".github"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yml"))
      .map((file) => join(".github", file));
    expect(ours.length).toBeGreaterThan(2);
    const texts = [
      ...of("yaml").map(({ text, ...block }) => ({ at: place({ text, ...block }), text })),
      ...["examples/github-actions/routes.yml", ...ours].map((at) => ({
        at,
        text: readFileSync(join(root, at), "utf8"),
      })),
    ];
    for (const { at, text } of texts) {
      expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
      const lines = runs(parse(text)).flatMap((script) => script.split("\n"));
      const routesync = lines.filter((line) => line.includes("npx routesync"));
      const found = routesync.flatMap(commandsOf).map((words) => ({ at, words, wrong: wrong(words) }));
      expect(found.filter((command) => command.wrong !== undefined)).toEqual([]);
    }
  });
});

test("what docs/design.md shows as the whole of a store is what stands there after these calls", async () => {
  const store = await freshStore();
  const declared = (api: string) => ({
    "/api": `https://${api}`,
    "docs.example.com/": { bucket: "docs.s3.us-east-1.amazonaws.com" },
  });
  const owner = "shop/production";
  await declare(store, declared("old.example.com"), { owner });
  await declare(store, declared("abc123.lambda-url.us-east-1.on.aws"), { owner });

  const shown = blocks("docs/design.md").find(({ text }) => text.startsWith("678a:routes "))?.text ?? "";
  const [, seq = "", at = "", commit = ""] = /"seq":(\d+),"at":(\d+),"commit":"(\w+)"/u.exec(shown) ?? [];
  const found = Object.entries(store.entries()).map(([key, value]) => [
    key,
    value
      .replace(/"seq":\d+/u, `"seq":${seq}`)
      .replaceAll(/"at":\d+/gu, `"at":${at}`)
      .replace(/"commit":"\w+"/u, `"commit":"${commit}"`)
      .replace(/ +$/u, "␠␠…"),
  ]);
  const lines = shown.trim().split("\n");
  expect(found.toSorted()).toEqual(lines.map((line) => line.split(/ {2,}/u)).toSorted());
});

/** The commands in a `console` block. */
const typed = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line.startsWith("$ "))
    .map((line) => line.slice(2))
    .join("\n");

/** Every `run` of a workflow. */
function runs(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "run" && typeof child === "string" ? [child] : runs(child),
  );
}

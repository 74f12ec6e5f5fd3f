/** Compares the four lists of the codes: in Rust, in the public type, in the type's table and in docs/errors.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { root } from "./support/run";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const names = (source: string | undefined, pattern: RegExp) =>
  [...(source ?? "").matchAll(pattern)].map((match) => match[1] ?? "");
/** Converts `StoreGone` to `STORE_GONE`, as serde does. */
const screaming = (name: string) => name.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();

const rust = text("crates/core/src/error.rs");
const contract = text("index.d.ts");
const docs = text("docs/errors.md");
/** The cause and the remedy of each code in docs/errors.md. */
const chapters = docs
  .split(/^## /m)
  .slice(1)
  .map((chapter) => {
    const [, code = "", again, when = "", remedy = ""] =
      /^(\w+)\n\n(\*\*Retryable\.\*\* )?(.+)\n\n\*\*Remedy:\*\* (.+)\n/.exec(chapter) ?? [];
    return { code, retryable: again !== undefined, when, remedy };
  });

/** The variants of an enum in Rust, in their order. */
const variants = (source: string, name: string) =>
  names(new RegExp(`enum ${name} \\{([\\s\\S]*?)\\n\\}`, "u").exec(source)?.[1], /^ {4}([A-Z]\w*),/gm).map(
    screaming,
  );

const all = variants(rust, "Code");

test("Rust's codes are found", () => {
  expect(all.length).toBeGreaterThan(20);
});

test("the public type, its table and the documentation hold the same codes, in the same order", () => {
  expect(names(/type RouteSyncErrorCode =([^;]*);/.exec(contract)?.[1], /"(\w+)"/g)).toEqual(all);
  expect(names(contract, /^ \* \| `(\w+)` \|.*\| (?:yes )?\|$/gm)).toEqual(all);
  expect(chapters.map(({ code }) => code)).toEqual(all);
  // The list at its beginning, by kind.
  expect(
    names(docs, /\(#([a-z_]+)\)/g)
      .filter((code) => code !== "aborted")
      .toSorted(),
  ).toEqual(
    all
      .map((code) => code.toLowerCase())
      .filter((code) => code !== "aborted")
      .toSorted(),
  );
});

test("findings have the same names in Rust, in the public type and in its table", () => {
  const finding = text("crates/core/src/inspect/finding.rs");
  const list = variants(finding, "FindingCode");
  expect(names(/type FindingCode =([^;]*);/.exec(contract)?.[1], /"(\w+)"/g)).toEqual(list);
  const table = /The code of a finding\.[\s\S]*?\*\//.exec(contract)?.[0];
  expect(names(table, /^ \* \| `(\w+)` \|/gm)).toEqual(list);
});

test("warnings of a call have the same names in Rust, in the public type and in docs/warnings.md", () => {
  const list = variants(text("crates/core/src/route/warning.rs"), "CallWarning");
  expect(list.length).toBeGreaterThan(4);
  expect(names(/type CallWarningCode =([^;]*);/.exec(contract)?.[1], /"(\w+)"/g)).toEqual(list);
  expect(names(text("docs/warnings.md"), /^## (\w+)$/gm)).toEqual(list);
});

test("notes of a migration have the same names in Rust, in the public type and in its table", () => {
  const note = text("crates/migrate/src/note.rs");
  const list = variants(note, "NoteCode");
  expect(names(/type MigrationNoteCode =([^;]*);/.exec(contract)?.[1], /"(\w+)"/g)).toEqual(list);
  const table = /The code of a note\.[\s\S]*?\*\//.exec(contract)?.[0];
  expect(names(table, /^ \* \| `(\w+)` \|/gm)).toEqual(list);
});

describe("what is retryable in Rust", () => {
  const retryable = names(/fn retryable[\s\S]*?matches!\(([\s\S]*?)\)/.exec(rust)?.[1], /Self::(\w+)/g).map(
    screaming,
  );

  test("is so in the public type's table", () => {
    expect(names(contract, /^ \* \| `(\w+)` \|.*\| yes \|$/gm)).toEqual(retryable);
  });

  test("is so in the documentation, and each code says when it comes and what to do", () => {
    expect(chapters.filter((chapter) => chapter.retryable).map(({ code }) => code)).toEqual(retryable);
    expect(chapters.filter(({ when, remedy }) => when.length < 20 || remedy.length < 20)).toEqual([]);
  });
});

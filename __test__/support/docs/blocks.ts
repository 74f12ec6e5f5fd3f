/** Reads the fenced blocks of documents, and of the examples in declarations. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { root } from "../run";

export interface Block {
  /** The document's path, relative to the package's folder. */
  file: string;
  /** Its first line, from 1. */
  line: number;
  language: string;
  /** The text after the language, such as `no-run`. */
  flags: string[];
  text: string;
}

/** The documents with programs, in a fixed order. */
export function documents(): string[] {
  const here = readdirSync(root).filter((file) => file.endsWith(".md"));
  const below = ["docs", ".github"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `${folder}/${file}`),
  );
  return [...here, ...below].toSorted();
}

/** The declarations whose examples are programs. */
export const DECLARATIONS = [
  "index.d.ts",
  "dist/testing/index.d.ts",
  "dist/pulumi/index.d.ts",
  "dist/sst/index.d.ts",
  "dist/cdk/index.d.ts",
  "dist/alchemy/index.d.mts",
];

export function blocks(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return fenced(file, file.endsWith(".md") ? text : text.replaceAll(/^ *\* ?/gmu, ""));
}

export function fenced(file: string, text: string): Block[] {
  const found: Block[] = [];
  let open: (Block & { indent: string }) | undefined;
  for (const [at, line] of text.split("\n").entries()) {
    const fence = /^(\s*)```(.*)$/u.exec(line);
    if (open && fence) {
      const { indent: _, ...block } = open;
      found.push(block);
      open = undefined;
    } else if (open) {
      open.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`;
    } else if (fence) {
      const [language = "", ...flags] = (fence[2] ?? "").trim().split(/\s+/u);
      open = { file, line: at + 1, language, flags, text: "", indent: fence[1] ?? "" };
    }
  }
  if (open) throw new Error(`${file}:${open.line}: a block that does not end`);
  return found;
}

/** The relative links of a document. A link of the form `#chapter` leads to the document itself. */
export function links(file: string): { file: string; target: string; chapter: string | undefined }[] {
  const text = prose(readFileSync(join(root, file), "utf8"));
  return [...text.matchAll(/\]\(([^)\s#:]*)(?:#([^)\s]+))?\)/gu)].map(([, target, chapter]) => ({
    file,
    target: target || basename(file),
    chapter,
  }));
}

/** The link names of chapters, as GitHub makes them. */
export function chapters(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^#+ (.*)$/gmu)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const prose = (markdown: string) => markdown.replaceAll(/^```.*?^```/gmsu, "");

/** Splits a program into its imports, which come first, and the rest. */
export function split(text: string): { imports: string; body: string } {
  const isImport = (line: string) => /^import .* from "/u.test(line);
  const lines = text.split("\n");
  return {
    imports: lines.filter(isImport).join("\n"),
    body: lines.filter((line) => !isImport(line)).join("\n"),
  };
}

/** The first TypeScript program of a document. */
export function firstProgram(file: string): { imports: string; body: string } {
  const block = blocks(file).find(({ language }) => language === "ts");
  if (!block) throw new Error(`${file} has no program`);
  return split(block.text);
}

/** The place of a block, for test messages. */
export const place = ({ file, line }: Block): string => `${file}:${line}`;

/** The file name of a block, if its first line has one: `// routes.config.ts`. */
export const fileOf = ({ text }: Block): string | undefined => /^(?:\/\/|#) (\S+\.\w+)\n/u.exec(text)?.[1];

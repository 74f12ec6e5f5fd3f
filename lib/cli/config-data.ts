/** Configuration files in JSON and YAML. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";

import type { Document } from "yaml";

import { CliError } from "./exit";

const YAML = new Set([".yaml", ".yml"]);

export const isData = (file: string): boolean => extname(file) === ".json" || YAML.has(extname(file));

export async function readData(file: string): Promise<unknown> {
  // Editors on Windows begin a file with a byte order mark.
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/u, "");
  if (!YAML.has(extname(file))) return JSON.parse(text);
  const { LineCounter, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw error;
  refuseNumbers(document, visit, (offset) => `${file}:${lines.linePos(offset).line}`);
  return document.toJS();
}

/** Options whose value is text. */
const TEXTS = new Set(["store", "router", "owner", "part", "namespace"]);

/** Rejects numbers and booleans in options whose value is text. YAML reads `0123`, `12e4` and `0x1f` as numbers, which would change a router's id. */
function refuseNumbers(
  document: Document,
  visit: typeof import("yaml").visit,
  place: (offset: number) => string,
): void {
  visit(document, {
    Pair(_, { key, value }, path) {
      const name = nameOf(key);
      const within = path.findLast((node) => "key" in node);
      const isText =
        TEXTS.has(name) || (within !== undefined && nameOf((within as { key: unknown }).key) === "previous");
      const {
        value: read,
        source,
        range,
      } = (value ?? {}) as {
        value?: unknown;
        source?: string;
        range?: [number, number, number];
      };
      if (!isText || source === undefined || !["number", "bigint", "boolean"].includes(typeof read)) return;
      const quoted = JSON.stringify(source);
      throw new CliError(
        "CONFIG",
        `${place(range?.[0] ?? 0)}: ${name}: YAML reads ${source} as the ${typeof read} ${String(read)}; put it in quotes: ${name}: ${quoted}`,
      );
    },
  });
}

function nameOf(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? key);
}

/** Formats tables that are readable as text and as Markdown, and writes them into bench/results.md. */
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";

const file = new URL("../results.md", import.meta.url);

/** Writes a chapter into bench/results.md, and replaces the chapter with the same heading. */
export function record(chapter) {
  const heading = chapter.split("\n", 1)[0];
  const chapters = readFileSync(file, "utf8")
    .split(/^(?=# )/m)
    .map((text) => text.trim());
  const at = chapters.findIndex((text) => text.split("\n", 1)[0] === heading);
  chapters.splice(at < 0 ? chapters.length : at, 1, chapter.trim());
  writeFileSync(file, `${chapters.filter(Boolean).join("\n\n")}\n`);
  console.log("\nWritten to bench/results.md.");
}

/** A description of the build and the machine. */
export function machine(build) {
  const cores = os.availableParallelism();
  const where = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  return `The ${build} build, ${where},\n${cores} CPU core${cores === 1 ? "" : "s"} shared by client and store.`;
}

export function titled(title, head, rows) {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column].length)));
  const isNumber = (column) => rows.every((row) => /^[$\d]/.test(row[column]));
  const pad = (cell, column) =>
    isNumber(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  const line = (row) => `| ${row.map(pad).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    isNumber(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const text = [line(head), line(rule), ...rows.map(line)].join("\n");
  console.log(`\n${title}\n\n${text}`);
  return `## ${title}\n\n${text}`;
}

export function seconds(ms) {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(2)} s` : `${(ms / 1_000).toFixed(0)} s`;
}

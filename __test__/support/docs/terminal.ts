/** Runs the commands of a document in a separate folder, each on the embedded store of `--local` in that folder. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { environment, folder, main } from "../cli";
import { root } from "../run";
import { type Block, fileOf } from "./blocks";
import { PREPARED } from "./prepared";
import { commandsOf, ours } from "./shell";

/** A `routesync` that uses the embedded store in the place of AWS. */
const SHIM = `#!/bin/sh
[ "$1" = routesync ] && shift
case "$1 $*" in
  policy*|completions*|migrate*|local*|*--local*|*--help*|*--version*) exec "$NODE" "$MAIN" "$@" ;;
  *) exec "$NODE" "$MAIN" "$@" --local ;;
esac
`;

/** The parts of the output that differ between runs. */
const steady = (text: string): string =>
  text
    .replaceAll(/\d+ ms/gu, "12 ms")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gu, "2026-11-28 12:00:00")
    .replaceAll(/[ \t]+$/gmu, "")
    .trim();

export interface Difference {
  block: Block;
  command: string;
  /** The documented and the printed text, without the parts that differ between runs. */
  expected: string;
  found: string;
  /** The exit code and stderr. */
  ended: string;
}

/** Writes the printed texts into the document. `UPDATE_DOCS=1 npx jest docs` calls this. */
export function update(file: string, differences: Difference[]): void {
  const path = join(root, file);
  let text = readFileSync(path, "utf8");
  for (const { command, expected, found } of differences) {
    const written = [`$ ${command}`, expected].filter(Boolean).join("\n");
    text = text.replace(written, () => [`$ ${command}`, found].filter(Boolean).join("\n"));
  }
  writeFileSync(path, text);
}

/** Goes through a document's blocks in order, writes the files and runs the commands. Returns the differences from the document. */
export function follow(blocks: Block[]): { ran: number; differences: Difference[] } {
  const home = folder();
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of ["npx", "routesync"]) {
    writeFileSync(join(bin, name), SHIM);
    chmodSync(join(bin, name), 0o755);
  }
  const work = join(home, "work");
  mkdirSync(join(work, "node_modules"), { recursive: true });
  symlinkSync(root, join(work, "node_modules", "routesync"), "junction");
  const env = environment({
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    NODE: process.execPath,
    MAIN: main,
    GITHUB_RUN_NUMBER: "7",
    PR: "7",
    COLUMNS: "120",
  });

  const say = (command: string) => spawnSync("sh", ["-c", command], { cwd: work, env, encoding: "utf8" });
  const { before = [], config } = PREPARED[blocks[0]?.file ?? ""] ?? {};
  const data = join(work, "routes.config.json");
  for (const declared of before) {
    writeFileSync(data, JSON.stringify(declared));
    const { status, stderr } = say("npx routesync sync");
    if (status !== 0) throw new Error(stderr);
  }
  rmSync(data, { force: true });
  if (typeof config === "string") writeFileSync(join(work, "routes.config.ts"), config);
  else if (config) writeFileSync(data, JSON.stringify(config));

  let ran = 0;
  const differences: Difference[] = [];
  for (const block of blocks) {
    const file = fileOf(block);
    if (file) writeFileSync(join(work, file), block.text);
    if (block.flags.includes("no-run")) continue;
    for (const { command, expected } of steps(block)) {
      ran += 1;
      const { stdout, stderr, status } = say(command);
      const found = steady(stdout);
      const wanted = expected === undefined ? found : steady(expected);
      const code = block.flags.find((flag) => flag.startsWith("exit="))?.slice(5) ?? "0";
      if (String(status) !== code || found !== wanted)
        differences.push({ block, command, expected: wanted, found, ended: `${status}: ${stderr}` });
    }
  }
  return { ran, differences };
}

/** The commands of a block, with their output in a `console` block. */
function steps({ language, text }: Block): { command: string; expected?: string }[] {
  if (language === "console") {
    return text
      .split(/^\$ /mu)
      .slice(1)
      .map((part) => {
        const [command = "", ...expected] = part.split("\n");
        return { command, expected: expected.join("\n") };
      });
  }
  if (language !== "sh") return [];
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines
    .filter((line) => commandsOf(line).some((words) => ours(words)))
    .map((command) => ({ command }));
}

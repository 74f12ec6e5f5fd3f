/**
 * Real njs, the engine of CloudFront's runtime: the `njs` of PATH, or the one that ROUTESYNC_NJS names. Debian's package `njs` has it.
 * Tests that need it are left out without it.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { EdgeEvent, EdgeResult } from "../../lib/edge/runtime";

export const NJS = process.env["ROUTESYNC_NJS"] ?? "njs";

/** njs's version, or `undefined` if it is not installed. */
export const njsVersion: string | undefined = (() => {
  const { stdout, status } = spawnSync(NJS, ["-v"], { encoding: "utf8" });
  if (status === 0) return stdout.trim();
  const leftOut = process.env["ROUTESYNC_LEFT_OUT"];
  if (leftOut)
    appendFileSync(leftOut, "the edge function in njs, which is not installed (Debian's package njs)\n");
  return undefined;
})();

/** What stands for CloudFront's module: a store with the keys of `KEYS`. */
const STAND_IN = `
let origin, reads, lines;
const cf = {
  kvs: () => ({
    get: async (key) => {
      reads.push({ key: key, found: KEYS[key] !== undefined });
      if (KEYS[key] === undefined) throw new Error("KeyNotFound");
      return KEYS[key];
    },
    exists: async (key) => {
      reads.push({ key: key, found: KEYS[key] !== undefined });
      return KEYS[key] !== undefined;
    },
  }),
  updateRequestOrigin: (to) => { origin = JSON.parse(JSON.stringify(to)); },
};
`;

const RUN = `
function next(i) {
  if (i == EVENTS.length) return;
  origin = undefined; reads = [];
  handler(EVENTS[i]).then((returned) => {
    print(JSON.stringify({ returned: returned, origin: origin, reads: reads }));
    next(i + 1);
  }, (error) => {
    print(JSON.stringify({ error: String(error), reads: reads }));
    next(i + 1);
  });
}
next(0);
`;

/** Runs the function for each event, on a store with these keys. The results are in the form of `loadFunction`'s. */
export function runInNjs(code: string, keys: Record<string, string>, events: EdgeEvent[]): EdgeResult[] {
  const folder = mkdtempSync(join(tmpdir(), "routesync-njs-"));
  try {
    const file = join(folder, "run.js");
    const body = code.replace(/^import cf from ?"cloudfront";/u, "");
    // Older versions print at most 2,048 characters of a line. The marks tell results from what the function prints.
    const print =
      "const print = (text) => { for (let i = 0; i < text.length; i += 1000) console.log('<' + text.slice(i, i + 1000) + '>'); console.log('<>'); };";
    const data = `const KEYS = ${JSON.stringify(keys)};\nconst EVENTS = ${JSON.stringify(events)};\n`;
    writeFileSync(file, `${data}${STAND_IN}${print}\n${body}\n${RUN}`);
    const { stdout, stderr, signal } = spawnSync(NJS, [file], { encoding: "utf8", maxBuffer: 1 << 28 });
    const pieces = stdout.split("\n").flatMap((line) => /^<(.*)>$/u.exec(line)?.slice(1) ?? []);
    const results: EdgeResult[] = [];
    let text = "";
    for (const piece of pieces) {
      if (piece !== "") text += piece;
      else {
        results.push(JSON.parse(text) as EdgeResult);
        text = "";
      }
    }
    if (results.length !== events.length) {
      throw new Error(
        `njs ended with ${results.length} of ${events.length} results: ${signal ?? ""} ${stdout.slice(-300)}${stderr}`,
      );
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether njs runs the code without an error. */
export function isAcceptedByNjs(code: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "routesync-njs-"));
  try {
    const file = join(folder, "code.js");
    writeFileSync(file, `${code}\n`);
    const { status, stdout, stderr } = spawnSync(NJS, [file], { encoding: "utf8" });
    // Some versions print a syntax error and end with 0.
    return status === 0 && !/Error/u.test(stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

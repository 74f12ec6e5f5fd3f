/** Deploys in separate processes, all at the same time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { SyncOptions, SyncReport } from "../../index";
import { root } from "./run";

export type Printed = SyncReport | { error: string; message: string };

const script = join(__dirname, "deploy.mjs");

/** Starts one process for each call, starts all calls when all processes are ready, and waits until all have exited. */
export async function deployAtOnce(calls: SyncOptions[]): Promise<Printed[]> {
  const children = calls.map((options) => {
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, lines, exit: once(child, "exit") as Promise<[number | null]> };
  });
  for (const { lines } of children) await lines.next();
  for (const { child } of children) child.stdin.end("go\n");
  return Promise.all(
    children.map(async ({ lines, exit }) => {
      const { value } = await lines.next();
      const [code] = await exit;
      if (code !== 0) throw new Error(`a deploy exited with ${code}`);
      return JSON.parse(value as string) as Printed;
    }),
  );
}

/** A question at a terminal. */
import { Interrupted } from "./exit";
import type { Run } from "./command";

/** Whether somebody is there to answer. */
export function canAsk({ out, env, given }: Run): boolean {
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return terminal && !out.json && !env["CI"] && given["yes"] !== true;
}

/** Asks; no is what Enter alone says. Ctrl-C interrupts. */
export async function ask(question: string, { signal, out }: Run): Promise<boolean> {
  out.still();
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr, signal });
  if (isCancel(answer)) throw new Interrupted();
  return answer;
}

/** Questions to the user at a terminal. */
import { Interrupted } from "./exit";
import type { Run } from "./command";

/** Whether a user can answer a question: at a terminal, without `--json` and `--yes`, and not in CI. */
export function canAsk({ out, env, given }: Run): boolean {
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return terminal && !out.json && !env["CI"] && given["yes"] !== true;
}

/** Asks a yes-or-no question. Enter alone means no. Ctrl-C throws {@link Interrupted}. */
export async function ask(question: string, { signal, out }: Run): Promise<boolean> {
  out.still();
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr, signal });
  if (isCancel(answer)) throw new Interrupted();
  return answer;
}

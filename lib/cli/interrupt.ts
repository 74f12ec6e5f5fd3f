/** Ctrl-C: the first aborts before the next write, the second ends the process at once. */
import { EXIT, Interrupted } from "./exit";

export interface Interrupts {
  signal: AbortSignal;
  /** There is nothing to abort any more: from now on the first Ctrl-C ends the process, too. */
  settled(): void;
}

export function interrupts(note: (text: string) => void): Interrupts {
  const controller = new AbortController();
  let over = false;
  const hear = () => {
    if (over || controller.signal.aborted) process.exit(EXIT.interrupted);
    note("stopping; Ctrl-C again ends at once");
    controller.abort(new Interrupted());
  };
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  const settled = () => {
    over = true;
  };
  return { signal: controller.signal, settled };
}

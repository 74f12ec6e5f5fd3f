/** Ctrl-C and SIGTERM. The first one aborts before the next write, and the second one ends the process immediately. */
import { EXIT, Interrupted } from "./exit";

export interface Interrupts {
  signal: AbortSignal;
  /** Declares that nothing is left to abort. From then on, the first Ctrl-C also ends the process. */
  settled(): void;
}

export function interrupts(note: (text: string) => void): Interrupts {
  const controller = new AbortController();
  let over = false;
  const onSignal = () => {
    if (over || controller.signal.aborted) process.exit(EXIT.interrupted);
    note("stopping; press Ctrl-C again to end at once");
    controller.abort(new Interrupted());
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const settled = () => {
    over = true;
  };
  return { signal: controller.signal, settled };
}

/** Ctrl-C: the first aborts before the next write, the second ends the process at once. */
import { EXIT, Interrupted } from "./exit";

export interface Interrupts {
  signal: AbortSignal;
  /** Leaves signals to Node again. */
  release(): void;
}

export function interrupts(note: (text: string) => void): Interrupts {
  const controller = new AbortController();
  const hear = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note("stopping; Ctrl-C again ends at once");
    controller.abort(new Interrupted());
  };
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", hear);
      process.off("SIGTERM", hear);
    },
  };
}

/** Commands that start others. */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

export interface Ended {
  /** Nothing when the command was killed. */
  code: number | null;
  /** All that it printed on both streams. */
  text: string;
  seconds: number;
}

/** A command that takes so long will not end: far above what any takes on a machine that is busy with other things. */
const HANGS_MS = 10 * 60_000;

export class Command {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor(file: string, args: string[], cwd: string, env: NodeJS.ProcessEnv) {
    const start = performance.now();
    this.child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const hangs = setTimeout(() => void this.kill(), HANGS_MS);
    let text = "";
    this.child.stdout?.on("data", (data) => (text += data));
    this.child.stderr?.on("data", (data) => (text += data));
    this.ended = once(this.child, "close").then(([code]) => {
      clearTimeout(hangs);
      return { code: code as number | null, text, seconds: (performance.now() - start) / 1_000 };
    });
  }

  /** Ends the command and all that it started, at once and without a word, as a loss of power would. */
  async kill(): Promise<void> {
    for (const pid of await descendants(this.child.pid as number)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // It has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  /** What Ctrl-C sends. */
  interrupt(): void {
    this.child.kill("SIGINT");
  }
}

/** A process, the processes that it started, and those that they did. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/u).map(Number) as [number, number]);
  const found = [pid];
  for (const above of found)
    found.push(...rows.flatMap(([each, parent]) => (parent === above ? [each] : [])));
  return found;
}

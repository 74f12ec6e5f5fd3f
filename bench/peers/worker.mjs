/**
 * The program of a peer: `node worker.mjs <peer>`. It prints a message after its import. Then each line of its input is a job, which it
 * answers with the cost of the job.
 */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";

const RESOLUTION_MS = 2;

const start = performance.now();
const cpu = process.cpuUsage();
const { run } = await import(`./${process.argv[2]}.mjs`);
say({ importMs: performance.now() - start, importCpuMs: cpuMs(cpu), peakMb: peakMb() });

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  // The monitor's timer takes CPU time, which would distort a measurement of waiting.
  if (!job.idle) delay.enable();
  const begun = process.cpuUsage();
  const since = performance.now();
  const answer = await run(job).then(
    (failed) => ({ failed: failed ?? [] }),
    (error) => ({ error: String(error.message) }),
  );
  const ms = performance.now() - since;
  const spent = cpuMs(begun);
  delay.disable();
  // A histogram without a tick returns its bounds.
  const over = (ns) => (delay.count > 0 ? Math.max(0, ns / 1e6 - RESOLUTION_MS) : 0);
  say({
    ms,
    cpuMs: spent,
    loopMaxMs: over(delay.max),
    loopP99Ms: over(delay.percentile(99)),
    peakMb: peakMb(),
    ...answer,
  });
}

function cpuMs(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

/** The peak memory. `maxRSS` of a forked process may include its parent's, but the kernel's `VmHWM` is for this program alone. */
function peakMb() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1_024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1_024;
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

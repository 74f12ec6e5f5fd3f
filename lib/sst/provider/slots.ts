/** The number of resources that Pulumi handles at a time. */
import { availableParallelism } from "node:os";

/** Pulumi's default: this many resources for each CPU. */
const PER_CPU = 4;

export interface Slots {
  count: number;
  /** The user has set the number. */
  chosen: boolean;
}

export function slots(env: NodeJS.ProcessEnv = process.env, cpus = availableParallelism()): Slots {
  const chosen = Number(env["PULUMI_PARALLEL"]);
  if (Number.isInteger(chosen) && chosen > 0) return { count: chosen, chosen: true };
  const processors = Number(env["GOMAXPROCS"]) || cpus;
  return { count: processors * PER_CPU, chosen: false };
}

#!/usr/bin/env node
/** `routesync` on the command line. What it can do is in `commands/`; what it decides, the public functions decide. */
import { run } from "./program";

async function main(): Promise<void> {
  // Not `exit()`, which would cut what a pipe has not taken yet.
  process.exitCode = await run(process.argv.slice(2));
}

void main();

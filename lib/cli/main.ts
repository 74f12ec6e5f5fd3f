#!/usr/bin/env node
/** The `routesync` command. Its commands are in `commands/`. The public functions make all decisions. */
import { run } from "./program";

async function main(): Promise<void> {
  // `exit()` would discard output that a pipe has not read yet.
  process.exitCode = await run(process.argv.slice(2));
}

void main();

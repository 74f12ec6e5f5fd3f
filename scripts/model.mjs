/** Runs the model checker as CI does. `--seconds <n>` runs it with random seeds for this time, and `--seed <n>` repeats one seed. */
import { spawnSync } from "node:child_process";

import { root } from "./ready.mjs";

const env = { ...process.env };
const args = process.argv.slice(2);
while (args.length > 0) {
  const name = {
    "--seconds": "ROUTESYNC_MODEL_SECONDS",
    "--seed": "ROUTESYNC_SEED",
    "--ops": "ROUTESYNC_MODEL_OPS",
  }[args.shift()];
  const value = args.shift();
  if (!name || !/^\d+$/u.test(value ?? "")) {
    console.error("usage: npm run model -- [--seconds <n> | --ops <n> | --seed <n>]");
    process.exit(2);
  }
  env[name] = value;
}
const test = [
  "test",
  "--locked",
  "--package",
  "routesync-sim",
  "--test",
  "model",
  "--",
  "--nocapture",
  "every_promise_holds",
];
process.exit(spawnSync("cargo", test, { cwd: root, env, stdio: "inherit" }).status ?? 1);

/** A peer's program in a separate process: `bench/peers/worker.mjs`, or its counterpart in Python. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { python } from "./python.mjs";

const peers = fileURLToPath(new URL("../peers/", import.meta.url));

export class Program {
  /** The cost of its import, after `ready`. */
  imported;
  #child;
  #answers;

  constructor(peer) {
    const [command, args] =
      peer === "boto3" ? [python(), ["single_shot.py"]] : [process.execPath, ["worker.mjs", peer]];
    this.#child = spawn(command, args, { cwd: peers, stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.ready = this.#next().then((answer) => (this.imported = answer));
  }

  run(job) {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    return this.#next();
  }

  leave() {
    this.#child.stdin.end();
  }

  async #next() {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("a peer's program ended before it answered");
    return JSON.parse(value);
  }
}

/** Starts a process, passes deploys to it, kills it during a deploy, and starts it again. */
import { fork } from "node:child_process";

const script = new URL("deployer.mjs", import.meta.url);

export class Slot {
  #child;
  #heard = () => {};

  /** Runs one deploy. Resolves to the calls' answers, some of which are missing if the process was killed. */
  run(deploy, calls, { killAfterMs } = {}) {
    this.#child ??= this.#start();
    const child = this.#child;
    return new Promise((resolve) => {
      const answers = Array.from({ length: calls.length });
      let left = calls.length;
      const timer =
        killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
      const end = () => {
        clearTimeout(timer);
        this.#heard = () => {};
        resolve(answers);
      };
      this.#heard = (message) => {
        if (message === undefined) return end();
        if (message.deploy !== deploy) return;
        answers[message.index] = message;
        if (--left === 0) end();
      };
      child.send({ deploy, calls }, () => {});
    });
  }

  /** Ends the process. The next deploy starts a new one. */
  leave() {
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #start() {
    const child = fork(script);
    child.on("message", (message) => child === this.#child && this.#heard(message));
    child.on("exit", (code, signal) => {
      if (child !== this.#child) return;
      this.#child = undefined;
      if (signal !== "SIGKILL") console.error(`storm: a process ended by itself, with ${signal ?? code}`);
      this.#heard();
    });
    return child;
  }
}

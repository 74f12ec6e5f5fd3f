/** Starts the store's process, and sends requests to it. */
import { fork } from "node:child_process";

/** `options` are those of `startLocalStore`. */
export async function serve(options) {
  const child = fork(new URL("store.mjs", import.meta.url), [JSON.stringify(options)]);
  // Answers arrive in the order of the questions. The first message arrives without a question.
  const waiting = [];
  const answer = () =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
    });
  child.on("message", (message) => waiting.shift().resolve(message));
  child.on("exit", (code) => {
    for (const { reject } of waiting) reject(new Error(`the store's process ended with ${code}`));
  });
  const ask = (what, argument) => {
    child.send({ ask: what, argument });
    return answer();
  };
  const { endpoint, client } = await answer();
  return {
    endpoint,
    client,
    fresh: () => ask("fresh"),
    copy: (from) => ask("copy", from),
    put: (arn, entries) => ask("put", { arn, entries }),
    reset: () => ask("reset"),
    stats: () => ask("stats"),
    entries: (arn) => ask("entries", arn),
    faults: (faults) => ask("faults", faults),
    journal: () => ask("journal"),
    stop: () => child.disconnect(),
  };
}

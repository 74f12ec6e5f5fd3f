/** Starts the store's process, and asks it. */
import { fork } from "node:child_process";
import { once } from "node:events";

export async function serve(latencyMs) {
  const child = fork(new URL("store.mjs", import.meta.url), [String(latencyMs)]);
  const answer = async () => (await once(child, "message"))[0];
  const { endpoint, client } = await answer();
  const ask = async (what, argument) => {
    child.send({ ask: what, argument });
    return answer();
  };
  return {
    endpoint,
    client,
    fresh: () => ask("fresh"),
    copy: (from) => ask("copy", from),
    stats: () => ask("stats"),
    entries: (arn) => ask("entries", arn),
    stop: () => child.disconnect(),
  };
}

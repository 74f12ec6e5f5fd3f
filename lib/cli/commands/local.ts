import { resolve } from "node:path";

import type { Command } from "../command";
import { CliError } from "../exit";
import { json, port, whole } from "../flags";

export const local: Command = {
  name: "local",
  summary: "run the embedded store for other tools",
  details:
    "Runs an embedded KeyValueStore on loopback until Ctrl-C, and prints its endpoint and ARN. Commands with --local in the same folder use it meanwhile. Any credentials will do.",
  flags: [
    { flags: "--file <file>", text: "where the store is kept", fallback: ".routesync/store.json" },
    { flags: "--port <n>", text: "the port", parse: port, fallback: "any free one" },
    { flags: "--latency <ms>", text: "milliseconds before each answer", parse: whole, fallback: "0" },
    json,
  ],
  examples: [
    { text: "a store for this folder", line: "routesync local" },
    { text: "on a port of your own", line: "routesync local --port 4600 --file /tmp/routes.json" },
  ],
  result: "`endpoint`, `arn` and `file`, once it runs",
  async run({ given, out, signal, cwd, command }) {
    const { announce, localFile, tryStart } = await import("../local.js");
    const file = given["file"] === undefined ? localFile(cwd) : resolve(cwd, given["file"] as string);
    const { port: at, latency: latencyMs } = given as { port?: number; latency?: number };
    const store = await tryStart({
      file,
      ...(at !== undefined && { port: at }),
      ...(latencyMs !== undefined && { latencyMs }),
    });
    if (store === undefined) {
      throw new CliError(
        "IN_USE",
        `${file} is in use by another process: stop that one, or choose another --file`,
      );
    }
    const withdraw = announce(file, store);
    try {
      const { endpoint, arn } = store;
      if (out.json) out.document(command, { result: { endpoint, arn, file } });
      else out.result(`endpoint ${endpoint}\narn      ${arn}\nfile     ${file}`);
      out.note("runs until Ctrl-C");
      // Neither the server nor a signal listener keeps the process alive.
      const alive = setInterval(() => undefined, 60_000);
      if (!signal.aborted)
        await new Promise((stop) => signal.addEventListener("abort", stop, { once: true }));
      clearInterval(alive);
    } finally {
      withdraw();
      await store.close();
    }
    return { text: "" };
  },
};

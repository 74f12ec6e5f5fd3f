import { resolve } from "node:path";

import type { Command, Flag } from "../command";
import { CliError } from "../exit";
import { json, origin, port, reach, router, whole } from "../flags";

/** The options of the local edge, beside `--edge`. */
const edgeFlags: Flag[] = [
  { flags: "--edge-port <n>", text: "the port of the local edge", parse: port, fallback: "any free one" },
  {
    flags: "--origin <host=target>",
    text: "for requests to an origin: the URL of a local server, or a folder; * stands for all other hosts",
    many: true,
    parse: origin,
  },
  router,
  ...reach.filter(({ flags }) => /--(?:config|stage) /u.test(flags)),
];

export const local: Command = {
  name: "local",
  summary: "run the embedded store for other tools, and a local edge",
  details:
    "Runs an embedded KeyValueStore on loopback until Ctrl-C, and prints its endpoint and ARN. Commands with --local in the same folder use it meanwhile. Any credentials will do. With --edge, it also runs routesync's edge function for requests to a second server, forwards them to the origins that --origin names, and prints a line for each. A viewer chooses the host with the Host header. The router and the folder of the store are then those of the configuration.",
  flags: [
    { flags: "--file <file>", text: "where the store is kept", fallback: ".routesync/store.json" },
    { flags: "--port <n>", text: "the port", parse: port, fallback: "any free one" },
    { flags: "--latency <ms>", text: "milliseconds before each answer", parse: whole, fallback: "0" },
    { flags: "--edge", text: "also run the edge function for HTTP requests" },
    ...edgeFlags,
    json,
  ],
  examples: [
    { text: "a store for this folder", line: "routesync local" },
    { text: "on a port of your own", line: "routesync local --port 4600 --file /tmp/routes.json" },
    {
      text: "a distribution on this machine, with a server for each of its origins",
      line: "routesync local --edge --edge-port 8080 --origin api.example=http://127.0.0.1:4000 --origin '*=http://127.0.0.1:3000'",
    },
  ],
  result: "`endpoint`, `arn` and `file`, and with --edge the URL `edge`, once it runs",
  async run(run) {
    const { given, out, signal, cwd, command } = run;
    const { announce, localFile, tryStart } = await import("../local.js");
    const { edgeSettings, startEdge } = await import("../local-edge.js");
    const settings = await edgeSettings(run, edgeFlags);
    const named = given["file"] as string | undefined;
    const file = named === undefined ? localFile(settings?.folder ?? cwd) : resolve(cwd, named);
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
      await using edge = settings && (await startEdge(store, settings, run));
      const result = { endpoint, arn, file, ...(edge && { edge: edge.url }) };
      if (out.json) out.document(command, { result });
      else
        out.result(
          Object.entries(result)
            .map(([name, value]) => `${name.padEnd(8)} ${value}`)
            .join("\n"),
        );
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

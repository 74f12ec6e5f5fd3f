/** What a router with many routes costs with SST's real command: given by bench/sst.mjs. */
import { startApp } from "./support/app";
import type { Run } from "./support/app";
import { cleanUp } from "./support/places";
import { INSTALL, router } from "./support/programs";

export interface Settings {
  routes: number;
  latencyMs: number;
  /** How many resources Pulumi works on at a time; its own default where absent. */
  parallel?: string;
  routesync: boolean;
}

async function main({ routes, latencyMs, parallel, routesync }: Settings): Promise<void> {
  const declared = (host: string) =>
    Object.fromEntries(
      Array.from({ length: routes }, (_, n) => [`/r${n}`, `https://${host}${n}.example.com`]),
    );
  await using app = await startApp({
    run: router(declared("r")),
    routesync,
    ...(routesync && { first: INSTALL }),
    latencyMs,
    ...(parallel && { env: { PULUMI_PARALLEL: parallel } }),
  });
  const print = (what: string, { seconds, requests: { total, refused, writes, maxInFlight } }: Run) => {
    const dark = new Set(app.cloud.watch.flaws().map(({ write }) => write)).size;
    const figures = [total, refused, writes, maxInFlight, dark].map((figure) => String(figure).padStart(9));
    console.log(`${what.padEnd(16)}${figures.join("")}${seconds.toFixed(1).padStart(9)}`);
  };
  const head = ["requests", "refused", "writes", "at once", "not whole", "seconds"];
  console.log(`${"".padEnd(16)}${head.map((name) => name.padStart(9)).join("")}`);

  print("deploy", await app.deploy());
  if (app.table().length !== routes) throw new Error(`${app.table().length} of ${routes} routes are stored`);
  print("deploy again", await app.deploy());
  app.program(router(declared("changed")));
  print("change all", await app.deploy());
  app.mustBeWhole();
  print("remove", await app.remove());
}

main(JSON.parse(process.argv[2] ?? "") as Settings).finally(cleanUp);

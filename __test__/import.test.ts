/** An import costs almost nothing. The first call loads the addon, and creates its threads and sockets. */
import { expect, test } from "@jest/globals";

import { node } from "./support/run";

const RUNS = 7;

const program = `
  const { existsSync, readdirSync } = require("node:fs");
  const threads = () => existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0;
  const handles = () => process.getActiveResourcesInfo().length;
  const before = { threads: threads(), handles: handles() };
  const start = performance.now();
  require("routesync");
  const ms = performance.now() - start;
  const after = { threads: threads(), handles: handles() };
  console.log(JSON.stringify({ ms, before, after, addons: process.report.getReport().sharedObjects.filter((name) => name.endsWith(".node")) }));
`;

test("the package is imported in less than 20 ms and starts nothing", async () => {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { ms, before, after, addons } = JSON.parse(await node(["-e", program]));
    expect(after).toEqual(before);
    expect(addons).toEqual([]);
    times.push(ms);
  }
  // The quickest run is the one that other work on the machine disturbed least.
  expect(Math.min(...times)).toBeLessThan(20);
});

const everything = `
  const { syncRoutes } = require("routesync");
  const { startLocalStore } = require("routesync/testing");
  (async () => {
    const { arn: store, client } = await startLocalStore();
    await syncRoutes({ store, client, router: "678a", owner: "shop/test", routes: { "/api": "https://a.example" } });
    console.log(JSON.stringify(Object.keys(require.cache)));
    process.exit();
  })();
`;

test("the library loads no package: those that are installed with it are the command's", async () => {
  const loaded: string[] = JSON.parse(await node(["-e", everything]));
  expect(loaded.some((file) => file.endsWith(".node"))).toBe(true);
  expect(loaded.filter((file) => file.includes("node_modules"))).toEqual([]);
});

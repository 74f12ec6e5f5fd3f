/** Neither a finished call nor one that is not awaited keeps a process from exiting. */
import { expect, test } from "@jest/globals";

import { node } from "./support/run";
import { freshStore } from "./support/store";

/** Runs a program with `call`. Returns the milliseconds from its last output to its exit. */
async function lingering(program: string): Promise<number> {
  const store = await freshStore();
  const options = {
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "o",
    routes: { "/a": "https://a.example" },
  };
  const head = `
    const { syncRoutes } = require("routesync");
    const { startLocalStore } = require("routesync/testing");
    const options = ${JSON.stringify(options)};
    const done = (what) => { console.log(what + " " + Date.now()); };
  `;
  const printed = await node(["-e", head + program]);
  expect(printed).toMatch(/^done \d+$/);
  return Date.now() - Number(printed.split(" ")[1]);
}

const QUICK_MS = 700;

test("after a call", async () => {
  expect(await lingering(`syncRoutes(options).then(() => done("done"));`)).toBeLessThan(QUICK_MS);
});

test("after a refused call", async () => {
  expect(await lingering(`syncRoutes({}).catch(() => done("done"));`)).toBeLessThan(QUICK_MS);
});

test("after an aborted call", async () => {
  const program = `
    const controller = new AbortController();
    syncRoutes({ ...options, signal: controller.signal }).catch(() => done("done"));
    controller.abort();
  `;
  expect(await lingering(program)).toBeLessThan(QUICK_MS);
});

test("after a call with progress and a signal", async () => {
  const program = `
    const { signal } = new AbortController();
    let told = 0;
    const onProgress = () => { told += 1; };
    syncRoutes({ ...options, signal, onProgress }).then(() => done(told > 0 ? "done" : "untold"));
  `;
  expect(await lingering(program)).toBeLessThan(QUICK_MS);
});

test("with an embedded store that was closed, and with one that was not", async () => {
  for (const close of ["await store.close();", ""]) {
    const program = `(async () => {
      const store = await startLocalStore();
      await syncRoutes({ ...options, store: store.arn, client: store.client });
      ${close} done("done");
    })()`;
    expect(await lingering(program)).toBeLessThan(QUICK_MS);
  }
});

test("Jest finds no open handle after calls and stores", async () => {
  // A separate Jest, which waits for open handles and reports them.
  const jest = "node_modules/jest/bin/jest.js";
  const printed = await node([
    jest,
    "--detectOpenHandles",
    "--json",
    "--runTestsByPath",
    "__test__/sync.test.ts",
  ]);
  const { success, openHandles } = JSON.parse(printed);
  expect({ success, openHandles }).toEqual({ success: true, openHandles: [] });
});

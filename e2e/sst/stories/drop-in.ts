/** From SST's own writers to routesync, and back. */
import { deepStrictEqual } from "node:assert";

import { must } from "../../pulumi/support/check";
import { story } from "../../pulumi/support/story";
import { startApp } from "../support/app";
import type { App, AppOptions } from "../support/app";
import { figures } from "../support/figures";
import { INSTALL, namespace, router } from "../support/programs";
import { A_FUNCTION, A_SITE } from "../support/sites";
import { removed } from "../support/stored";

const urls = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`/r${n}`, `https://r${n}.example.com`]));

/** The line of the summary, without its figures. */
const SUMMARY = /routesync: (\d+) route writes? in (\d+) commits? · (\d+) requests? · (\d+) conflicts?/u;

async function upgradeAndBack(): Promise<string> {
  const declared = urls(3);
  await using app = await startApp({ run: router(declared), routesync: true });
  await app.deploy();
  const before = app.entries();
  app.judge();

  app.first = INSTALL;
  app.program(router(declared));
  const upgrade = await app.deploy();
  deepStrictEqual(upgrade.requests.total, 0, "the upgrade sends nothing");
  deepStrictEqual(app.entries(), before);
  const again = await app.deploy();
  deepStrictEqual(again.requests.total, 0);
  deepStrictEqual((await app.diff()).requests.total, 0);

  const { "/r0": _gone, ...rest } = declared;
  app.program(router({ ...rest, "/r1": "https://other.example.com", "/new": "https://new.example.com" }));
  const change = await app.deploy();
  app.cloud.watch.mustBeWhole();
  deepStrictEqual(
    app
      .table()
      .map((entry) => entry.split(",")[3])
      .toSorted(),
    ["/new", "/r1", "/r2"],
  );
  must(SUMMARY.test(change.text), `there is no summary:\n${change.text}`);

  // The line is removed: SST writes each resource once, and the routes are the same.
  app.first = "";
  app.program(router({ ...rest, "/r1": "https://other.example.com", "/new": "https://new.example.com" }));
  const stored = app.entries();
  const back = await app.deploy();
  deepStrictEqual(Object.keys(app.entries()).toSorted(), Object.keys(stored).toSorted());
  app.mustBeWhole();
  app.judge();
  return figures({ upgrade, again, change, back, remove: await removed(app) });
}

async function packageRemoved(): Promise<string> {
  const declared = urls(3);
  await using app = await startApp({ run: router(declared), first: INSTALL, routesync: true });
  await app.deploy();
  app.uninstall();
  app.first = "";
  const { "/r0": _gone, ...rest } = declared;
  // The texts in the state delete the dropped route, and the package is gone: SST's server does it.
  app.program(router(rest));
  const deploy = await app.deploy();
  deepStrictEqual(
    app
      .table()
      .map((entry) => entry.split(",")[3])
      .toSorted(),
    ["/r1", "/r2"],
  );
  app.mustBeWhole();
  app.judge();
  return figures({ deploy, remove: await removed(app) });
}

/** An app with 100 routes, of whose resources Pulumi handles `parallel` at a time. */
const hundred = (parallel: number): AppOptions => ({
  run: router(urls(100)),
  first: INSTALL,
  routesync: true,
  whole: true,
  latencyMs: 30,
  env: { PULUMI_PARALLEL: String(parallel) },
});

/** Routes reach the provider within the window only on a machine that is not too busy, so the best of a few deploys counts. */
const TRIES = 3;

async function manyRoutes(): Promise<string> {
  const over: string[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    await using app = await startApp(hundred(512));
    const deploy = await app.deploy();
    deepStrictEqual(app.table().length, 100);
    deepStrictEqual(deploy.requests.refused, 0);
    const remove = await removed(app);
    const { total, byOperation } = deploy.requests;
    const figure = figures({ deploy, remove });
    if (total <= 16 && Number(byOperation["UpdateKeys"]) <= 4 && remove.requests.total <= 20) return figure;
    over.push(`${figure} ${JSON.stringify(byOperation)}`);
  }
  throw new Error(`more than 16 requests, 4 UpdateKeys, or 20 requests of the removal:\n${over.join("\n")}`);
}

async function fewSlots(): Promise<string> {
  await using app = await startApp(hundred(8));
  const deploy = await app.deploy();
  deepStrictEqual(app.table().length, 100);
  must(deploy.requests.total <= 110, `${deploy.requests.total} requests`);
  deepStrictEqual(deploy.requests.refused, 0);
  deepStrictEqual(deploy.text.match(/route writes? in/gu)?.length, 1, "one line sums up all writes");
  must(/PULUMI_PARALLEL=256/u.test(deploy.text), `there is no hint:\n${deploy.text}`);
  return figures({ deploy, remove: await removed(app) });
}

/** A table in chunks: SST alone writes over routesync's, whose root is padded, and routesync over SST's, which is cut anywhere. */
async function chunks(): Promise<string> {
  const paths = (app: App) =>
    app
      .table()
      .map((entry) => entry.split(",")[3])
      .toSorted();
  await using app = await startApp({ run: router(urls(60)), first: INSTALL, routesync: true });
  await app.deploy();
  const ours = app.entries();
  must(Object.hasOwn(ours, `${app.router()}:routes:1`), "the table is in one value");
  app.first = "";
  app.program(router(urls(61)));
  const back = await app.deploy();
  deepStrictEqual(paths(app), Object.keys(urls(61)).toSorted());
  app.mustBeWhole();
  app.judge();
  app.first = INSTALL;
  app.program(router(urls(62)));
  const again = await app.deploy();
  deepStrictEqual(paths(app), Object.keys(urls(62)).toSorted());
  app.cloud.watch.mustBeWhole();
  return figures({ back, again, remove: await removed(app) });
}

/** A function becomes a site of the same name, and so of the same namespace. SST alone deletes what it has just written. */
async function sameNamespace(): Promise<string> {
  const site = `new sst.aws.StaticSite("Docs", { path: "site", router: { instance: router, path: "/docs" } });`;
  const fn = `new sst.aws.Function("Docs", { handler: "fn.handler", url: { router: { instance: router, path: "/docs" } } });`;
  await using app = await startApp({
    run: router({}, fn),
    first: INSTALL,
    routesync: true,
    files: { ...A_SITE, ...A_FUNCTION },
  });
  await app.deploy();
  app.program(router({}, site));
  const deploy = await app.deploy();
  const docs = namespace("Docs");
  deepStrictEqual(app.table(), [`site,${docs},,/docs`]);
  app.mustBeWhole();
  must(app.entries()[`${docs}:/index.html`] === "s3", "the new site's files were deleted");
  app.judge();
  return figures({ deploy, remove: await removed(app) });
}

async function besideSst(): Promise<string> {
  await using app = await startApp({
    run: router({ "/api": "https://api.example.com" }),
    first: INSTALL,
    routesync: true,
    latencyMs: 20,
  });
  await app.deploy();
  const before = app.entries();
  const { distribution } = app.outputs();
  const beside = (stage: string, ours: boolean) => {
    const routes = Array.from(
      { length: 5 },
      (_, n) => `router.route("/${stage}/${n}", "https://${stage}${n}.example.com");`,
    );
    const run = [`const router = sst.aws.Router.get("Shared", "${String(distribution)}");`, ...routes].join(
      "\n",
    );
    return startApp({
      name: "preview",
      stage,
      run,
      beside: app,
      ...(ours && { first: INSTALL, routesync: true }),
    });
  };
  const stages = await Promise.all([beside("ours", true), beside("theirs", false)]);
  await Promise.all(stages.map((stage) => stage.deploy()));
  deepStrictEqual(app.table().length, 11);
  app.mustBeWhole();
  await Promise.all(stages.map((stage) => stage.remove()));
  deepStrictEqual(app.entries(), before);
  app.judge();
  return figures({ remove: await removed(app) });
}

async function targeted(): Promise<string> {
  await using app = await startApp({
    run: router({ "/a": "https://a.example.com", "/b": "https://b.example.com" }),
    first: INSTALL,
    routesync: true,
    whole: true,
  });
  await app.deploy();
  app.program(router({ "/a": "https://a2.example.com", "/b": "https://b2.example.com" }));
  const deploy = await app.deploy({ args: ["--target", "MyRouter"] });
  app.mustBeWhole();
  const rest = await app.deploy();
  for (const path of ["/a", "/b"]) {
    const metadata = app.entries()[`${namespace(`MyRouterRoute${path}`)}:metadata`] ?? "";
    must(metadata.includes("2.example.com"), `${path} still has ${metadata}`);
  }
  return figures({ deploy, rest, remove: await removed(app) });
}

export async function dropIn(): Promise<void> {
  await story("the drop-in: an app of SST goes over to routesync, and back, without a write", upgradeAndBack);
  await story(
    "the drop-in: the package is removed, and SST's server deletes what the state still has",
    packageRemoved,
  );
  await story("the drop-in: 100 routes at 512 slots, and their removal", manyRoutes);
  await story("the drop-in: 100 routes at 8 slots", fewSlots);
  await story("the drop-in: a table in chunks, written by routesync, SST, and routesync again", chunks);
  await story("the drop-in: a function becomes a site of the same name", sameNamespace);
  await story("the drop-in: beside SST's own writers on one router", besideSst);
  await story("the drop-in: --target", targeted);
}

/** The life of an app: the same is stored whoever writes it. */
import { deepStrictEqual } from "node:assert";

import { must } from "../../pulumi/support/check";
import { story } from "../../pulumi/support/story";
import { startApp } from "../support/app";
import type { App, AppOptions } from "../support/app";
import { figures } from "../support/figures";
import { INSTALL, namespace, router, stored } from "../support/programs";
import { A_FUNCTION, A_SITE, A_SOLID_SITE } from "../support/sites";
import { mustRoute, mustStore, removed } from "../support/stored";

/** Who writes the routes. */
export interface Writer {
  name: string;
  /** The first line of `run()`. */
  first: string;
  /** Whether routesync is installed in the project. */
  routesync: boolean;
  /** Whether no write may leave a route without metadata. */
  whole: boolean;
}

export const SST_ALONE: Writer = { name: "SST alone", first: "", routesync: false, whole: false };

export const ROUTESYNC: Writer = { name: "routesync", first: INSTALL, routesync: true, whole: true };

const start = ({ first, routesync, whole }: Writer, options: AppOptions): Promise<App> =>
  startApp({ ...options, first, routesync, whole });

async function routes(by: Writer): Promise<string> {
  const [api, docs, chat] = [
    "https://api.example.com",
    "https://docs.example.com",
    "http://chat.example.com:81",
  ];
  const whole = { "/api": '{"host":"api.example.com","origin":{}}' };
  await using app = await start(by, { run: router({ "/api": api, "/docs": docs, "/chat": chat }) });
  const deploy = await app.deploy();
  mustRoute(app, {
    ...whole,
    "/docs": '{"host":"docs.example.com","origin":{}}',
    "/chat": '{"host":"chat.example.com:81","origin":{"protocol":"http"}}',
  });

  const again = await app.deploy();
  deepStrictEqual(again.requests.total, 0);

  app.program(
    router({ "/api": api, "/docs": "https://docs2.example.com", "/new": "https://new.example.com" }),
  );
  const diff = await app.diff();
  deepStrictEqual(diff.requests.total, 0);
  const change = await app.deploy();
  mustRoute(app, {
    ...whole,
    "/docs": '{"host":"docs2.example.com","origin":{}}',
    "/new": '{"host":"new.example.com","origin":{}}',
  });

  const refresh = await app.refresh();
  deepStrictEqual(refresh.requests.total, 0);
  return figures({ deploy, again, diff, change, refresh, remove: await removed(app) });
}

async function sites(by: Writer): Promise<string> {
  const run = router(
    { "/api": "https://api.example.com" },
    `new sst.aws.StaticSite("Docs", { path: "site", router: { instance: router, path: "/docs" } });`,
    `new sst.aws.SolidStart("Web", { path: "solid", buildCommand: "true", router: { instance: router } });`,
    `new sst.aws.Function("Fn", { handler: "fn.handler", url: { router: { instance: router, path: "/fn" } } });`,
    `router.routeBucket("/files", new sst.aws.Bucket("Files", { access: "cloudfront" }));`,
  );
  await using app = await start(by, { run, files: { ...A_SITE, ...A_SOLID_SITE, ...A_FUNCTION } });
  const deploy = await app.deploy();
  const [docs, web, fn, files] = ["Docs", "Web", "Fn", "MyRouterRoute/files"].map((name) => namespace(name));
  const domain = (name: string) => String(app.resource(`${name}Bucket`)["bucketRegionalDomainName"]);
  const host = (name: string) => new URL(String(app.resource(name)["functionUrl"])).host;
  const api = stored("/api", '{"host":"api.example.com","origin":{}}');
  mustStore(
    app,
    [api.entry, `site,${docs},,/docs`, `site,${web},,`, `url,${fn},,/fn`, `bucket,${files},,/files`],
    {
      ...api.keys,
      [`${docs}:/index.html`]: "s3",
      [`${docs}:metadata`]: `{"base":"/docs","custom404":"/index.html","s3":{"domain":"${domain("DocsAssets")}","dir":"","routes":["/style"]}}`,
      [`${web}:/favicon.ico`]: "s3",
      [`${web}:metadata`]: `{"s3":{"domain":"${domain("WebAssets")}","dir":"","routes":["/_build"]},"servers":[["${host("WebServerUseast1Url")}",39.0438,-77.4874]],"origin":{"timeouts":{"readTimeout":20}}}`,
      [`${fn}:metadata`]: `{"host":"${host("FnUrl")}","origin":{}}`,
      [`${files}:metadata`]: `{"domain":"${domain("Files")}","origin":{"timeouts":{}}}`,
    },
  );

  app.write({ "site/new.html": "<p>new" });
  const upload = await app.deploy();
  deepStrictEqual(app.entries()[`${docs}:/new.html`], "s3");
  app.mustBeWhole();
  return figures({ deploy, upload, remove: await removed(app) });
}

async function sharedRouter(by: Writer): Promise<string> {
  await using first = await start(by, { run: router({ "/api": "https://api.example.com" }) });
  await first.deploy();
  const before = first.entries();
  const { distribution } = first.outputs();
  const run = `const router = sst.aws.Router.get("Shared", "${String(distribution)}");
    router.route("/two", "https://two.example.com");`;
  await using second = await start(by, { name: "second", run, beside: first });
  const deploy = await second.deploy();
  const ns = namespace("SharedRoute/two", "second");
  deepStrictEqual(first.table(), [stored("/api", "").entry, `url,${ns},,/two`]);
  deepStrictEqual(first.entries()[`${ns}:metadata`], '{"host":"two.example.com","origin":{}}');
  const remove = await second.remove();
  deepStrictEqual(first.entries(), before);
  await first.remove();
  return figures({ deploy, remove });
}

async function stagesAtOnce(by: Writer): Promise<string> {
  await using app = await start(by, { run: router({ "/api": "https://api.example.com" }), latencyMs: 10 });
  await app.deploy();
  const before = app.entries();
  const { distribution } = app.outputs();
  const stages = await Promise.all(
    ["one", "two", "three"].map((stage) => {
      const run = `const router = sst.aws.Router.get("Shared", "${String(distribution)}");
        router.route("/${stage}", "https://${stage}.example.com");`;
      return start(by, { name: "preview", stage, run, beside: app });
    }),
  );
  await Promise.all(stages.map((each) => each.deploy()));
  const paths = app.table().map((entry) => entry.split(",")[3]);
  deepStrictEqual(paths.toSorted(), ["/api", "/one", "/three", "/two"]);
  app.mustBeWhole();
  await Promise.all(stages.map((each) => each.remove()));
  deepStrictEqual(app.entries(), before);
  return figures({ remove: await removed(app) });
}

async function killedDeploy(by: Writer): Promise<string> {
  const declared = Object.fromEntries(
    Array.from({ length: 10 }, (_, n) => [`/r${n}`, `https://r${n}.example.com`]),
  );
  await using app = await start(by, { run: router(declared), latencyMs: 30 });
  const killed = await app.deployAndKill(() => app.requests().writes >= 1);
  const refused = await app.run("deploy");
  must(refused.code !== 0, `the lock was gone:\n${refused.text}`);
  await app.unlock();
  const deploy = await app.deploy();
  deepStrictEqual(app.table().length, 10);
  app.mustBeWhole();
  return figures({ killed, deploy, remove: await removed(app) });
}

export async function lifecycle(by: Writer): Promise<void> {
  const stories: [string, (by: Writer) => Promise<string>][] = [
    ["three routes, deployed, again, one changed, one added, one removed", routes],
    ["a site, an SSR site, a function and a bucket behind one router", sites],
    ["a second app adds a route to the first one's router, and removes it", sharedRouter],
    ["three stages add a route to one router at the same time, and remove it", stagesAtOnce],
    ["a deploy that is killed, unlocked and done again", killedDeploy],
  ];
  for (const [name, tell] of stories) await story(`${by.name}: ${name}`, () => tell(by));
}

/** SST's Router with routesync's function, and back. */
import { deepStrictEqual } from "node:assert";

import { type EdgeEvent, loadFunction } from "../../../lib/edge/runtime";
import { must } from "../../pulumi/support/check";
import { story } from "../../pulumi/support/story";
import { startApp } from "../support/app";
import type { App } from "../support/app";
import { figures } from "../support/figures";
import { INSTALL, namespace } from "../support/programs";
import { removed } from "../support/stored";

const EDGE = `(await import("routesync/sst")).install({ edge: true });`;

/** Enough routes for a table of several chunks, so that it can have an index. */
const ROUTES = 60;

/** A router with a domain, code of its own, and routes. */
const program = (count: number, injection: string): string =>
  [
    `const router = new sst.aws.Router("MyRouter", {`,
    `  domain: { name: "example.com", dns: false, cert: "arn:aws:acm:us-east-1:123456789012:certificate/1" },`,
    `  edge: { viewerRequest: { injection: ${JSON.stringify(injection)} } },`,
    `});`,
    `for (let n = 0; n < ${count}; n++) router.route("/r" + n, "https://r" + n + ".example.com");`,
    `return { distribution: router.distributionID };`,
  ].join("\n");

const HELLO = `if (event.request.uri === "/hello") return { statusCode: 200, statusDescription: "OK" };`;

const codeOf = (app: App): string => String(app.resource("MyRouterCloudfrontFunctionRequest")["code"]);

/** Runs the deployed function against the stored keys. Returns the status of an answer, or the route and the key of the cache. */
async function request(app: App, uri: string, host = "example.com") {
  const entries = app.entries();
  const event: EdgeEvent = {
    version: "1.0",
    context: { distributionDomainName: "", distributionId: "", eventType: "viewer-request", requestId: "" },
    viewer: { ip: "192.0.2.1" },
    request: { method: "GET", uri, querystring: {}, cookies: {}, headers: { host: { value: host } } },
  };
  const { returned, reads, origin } = await loadFunction(codeOf(app), (key) => entries[key])(event);
  if (returned && "statusCode" in returned) return { status: returned.statusCode };
  const header = (name: string) => returned?.headers[name]?.value;
  return {
    route: header("x-routesync-route"),
    key: header("x-open-next-cache-key"),
    origin: origin?.domainName,
    reads: reads.length,
  };
}

async function mustServe(app: App, count: number, most: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const route = namespace(`MyRouterRoute/r${n}`);
    const { reads, ...served } = await request(app, `/r${n}/x`);
    deepStrictEqual(served, { route, key: route, origin: `r${n}.example.com` });
    must(Number(reads) <= most, `${reads} reads for one of ${count} routes`);
  }
  deepStrictEqual(await request(app, "/hello"), { status: 200 });
  deepStrictEqual(await request(app, "/r1", "d111.cloudfront.net"), { status: 403 });
  const other = await request(app, "/other");
  deepStrictEqual([other.route, other.origin], [undefined, undefined]);
}

async function ownFunction(): Promise<string> {
  await using app = await startApp({ run: program(ROUTES, HELLO), first: EDGE, routesync: true });
  const deploy = await app.deploy();
  await mustServe(app, ROUTES, 5);
  const ledger = `${app.router()}:index`;
  must(ledger in app.entries(), "there is no index");
  deepStrictEqual((await app.deploy()).requests.total, 0);

  // An app without routesync shares the router: its writer drops the index, and the function scans.
  const { distribution } = app.outputs();
  const shared = `const router = sst.aws.Router.get("Shared", "${String(distribution)}");`;
  await using beside = await startApp({
    name: "preview",
    run: `${shared}\nrouter.route("/preview", "https://preview.example.com");`,
    beside: app,
  });
  await beside.deploy();
  deepStrictEqual((await request(app, "/preview")).origin, "preview.example.com");
  await mustServe(app, ROUTES, 20);
  app.program(program(ROUTES + 1, HELLO));
  const again = await app.deploy();
  await mustServe(app, ROUTES + 1, 5);
  await beside.remove();

  app.first = INSTALL;
  app.program(program(ROUTES + 1, HELLO));
  const back = await app.deploy();
  must(codeOf(app).includes("async function matchRoute"), "SST's function is not restored");
  // Pages stay for requests under way. They go with the store.
  const store = app.storeArn();
  const remove = await app.remove();
  const left = Object.keys(app.cloud.watch.state(store));
  deepStrictEqual(
    left.filter((key) => !key.startsWith(ledger)),
    [],
  );
  return figures({ deploy, again, back, remove });
}

/** A function that is not exactly SST's stays, and the deploy says why. */
async function unknownFunction(): Promise<string> {
  const uses = `setForwardedHost(); ${HELLO}`;
  await using app = await startApp({ run: program(3, uses), first: EDGE, routesync: true });
  const deploy = await app.deploy();
  must(codeOf(app).includes("async function matchRoute"), "the function was replaced");
  must(
    /stays SST's function.*calls setForwardedHost/u.test(deploy.text),
    `there is no warning:\n${deploy.text}`,
  );
  return figures({ deploy, remove: await removed(app) });
}

export async function edge(): Promise<void> {
  await story(
    "the edge: routesync's function for SST's Router, beside an app of SST alone, and back",
    ownFunction,
  );
  await story("the edge: a function with code that routesync's does not have stays SST's", unknownFunction);
}

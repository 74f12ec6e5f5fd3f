/**
 * The story of SST issue #5604 on the embedded store: two constructs of one deploy declare `/api` and `/chat` at the
 * same time, one of them goes and comes back, then come a hundred at once. After each step it shows what is live,
 * what changed and what was asked of the store, beside what one write per route took for the same step, measured
 * in this very run on a second store. In the end it sends requests through a local edge, before and after the table gets an
 * index. It checks its own story and exits with 1 when anything is not as it should be.
 */
import { createServer } from "node:http";
import { once } from "node:events";

import pc from "picocolors";
import { setIndex, syncRoutes } from "routesync";
import { startLocalEdge, startLocalStore } from "routesync/testing";

import { liveRoutes } from "./support/live.mjs";
import { writeRoutes } from "./support/one-write-per-route.mjs";
import { counted, grouped, printCalls, printChange, printRoutes, time, waiting } from "./support/print.mjs";
import { rawClient } from "./support/raw-http.mjs";

const ROUND_TRIP_MS = 10;
const MANY = 100;
/** Pulumi's default for resource operations that run in parallel. */
const AT_ONCE = 16;
const ROUTER = "678a";

const checks = [];
const totals = [];

/** Two stores, so that neither way of writing sees the other's routes or counts. */
const [ours, other] = await Promise.all([
  startLocalStore({ latencyMs: ROUND_TRIP_MS }),
  startLocalStore({ latencyMs: ROUND_TRIP_MS }),
]);
try {
  await warmUp();
  await story();
  await throughTheEdge();
  verdict();
} finally {
  await Promise.all([ours.close(), other.close()]);
}

async function story() {
  console.log(`\n${pc.bold("SST issue #5604, without the lost route")}`);
  console.log(
    pc.dim(
      `Router ${ROUTER} in an embedded KeyValueStore at ${ours.endpoint}: real HTTP, ${ROUND_TRIP_MS} ms away.\n`,
    ),
  );

  const api = { name: "Api", routes: { "/api": "https://api.example.com" } };
  const chat = { name: "Chat", routes: { "/chat": "https://chat.example.com" } };

  const first = await step("Two constructs deploy at the same time", [api, chat]);
  check("both routes are live after the first deploy", isLive("/api", "/chat"));
  check("each call reports its own route as added", added(first, "/api", "/chat"));
  check("the two calls shared one write", first.requests.UpdateKeys === 1);

  const chatId = first.reports[1].ids["/chat"];
  const gone = await step("Chat is removed", [{ ...chat, routes: {}, previous: first.reports[1].ids }]);
  check("/chat is gone, and only /chat", isLive("/api"));
  check("its metadata is gone with it", !(`${chatId}:metadata` in ours.entries()));
  check("the call reports it as removed", String(gone.reports[0].removed) === "/chat");

  const again = await step("Chat is added again", [chat]);
  check("both routes are live again", isLive("/api", "/chat"));
  check("/chat leads to its target again", targets()["/chat"] === "chat.example.com");
  check("the call reports it as added", added(again, "/chat"));

  const many = Array.from({ length: MANY }, (_, n) => {
    const service = `service-${String(n).padStart(2, "0")}`;
    return { name: service, routes: { [`/${service}`]: `https://${service}.example.com` } };
  });
  const patterns = many.flatMap(({ routes }) => Object.keys(routes));
  const burst = await step(`${MANY} constructs deploy at the same time`, many);
  check(`all ${MANY + 2} routes are live`, isLive("/api", "/chat", ...patterns));
  check(
    "every route leads to its own target",
    patterns.every((path) => targets()[path] === `${path.slice(1)}.example.com`),
  );
  // The store is warm by now, so the first call may have gone ahead while the program was making the others.
  check(`the ${MANY} calls shared their commits`, burst.commits.length <= 3);
}

/** Requests through the function that a distribution runs: what was declared is what they get. */
async function throughTheEdge() {
  console.log(pc.bold(pc.cyan(`${totals.length + 1}  Requests through routesync's edge function`)));
  const origin = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
  await once(origin.listen(0, "127.0.0.1"), "listening");
  const origins = { "*": `http://127.0.0.1:${origin.address().port}` };
  const edge = await startLocalEdge({ store: ours, router: ROUTER, origins });
  try {
    const ask = async (path) => {
      const response = await fetch(edge.url + path);
      const answer = response.status === 200 ? await response.text() : String(response.status);
      return { answer, reads: Number(response.headers.get("x-edge-reads")) };
    };
    const expected = {
      "/api/users": "api.example.com/api/users",
      "/chat": "chat.example.com/chat",
      "/service-42/": "service-42.example.com/service-42/",
      "/nowhere": "404",
    };
    const before = await ask("/chat");
    await setIndex({ store: ours.arn, client: ours.client, router: ROUTER, index: true });
    for (const [path, answer] of Object.entries(expected)) {
      const got = await ask(path);
      console.log(`   ${pc.dim("GET")} ${path.padEnd(14)} ${pc.dim("→")} ${got.answer}`);
      check(`a request for ${path} gets ${answer}`, got.answer === answer);
    }
    const { reads } = await ask("/chat");
    console.log(
      pc.dim(`   A request reads ${reads} keys through the index. Without it, it read ${before.reads}.\n`),
    );
    check("the index saves reads", reads < before.reads);
  } finally {
    await edge.close();
    origin.close();
  }
}

/** One deploy: `constructs` are declared by concurrent calls, and the same routes are written one by one elsewhere. */
async function step(title, constructs) {
  console.log(`${pc.bold(pc.cyan(`${totals.length + 1}  ${title}`))}`);
  const before = targets();
  const reports = [];
  const mine = await measured(ours, async () => {
    const calls = constructs.map(({ name, routes, previous = {} }) =>
      syncRoutes({
        store: ours.arn,
        client: ours.client,
        router: ROUTER,
        owner: "shop/demo",
        part: name,
        previous,
        routes,
        gracePeriod: 0,
      }),
    );
    reports.push(...(await Promise.all(calls)));
  });
  // Calls that shared a commit have its ETag, and each reports the whole commit's requests.
  const commits = [...new Map(reports.map((report) => [report.etag, report.counts.requests])).values()];
  const reported = commits.reduce(
    (all, { describe, get, update, list }) => all + describe + get + update + list,
    0,
  );
  check("the reports count as many API calls as the server", reported === mine.calls);

  printChange(
    before,
    targets(),
    `${counted(constructs.length, "call")}, ${counted(commits.length, "commit")}`,
  );
  printRoutes(liveRoutes(ours.entries(), ROUTER));
  waiting(`Writing the same one by one, ${AT_ONCE} at a time …`);
  const write = (path, url) => ({ router: ROUTER, id: path.slice(1), path, url });
  const writes = constructs.flatMap(({ routes, previous = {} }) => [
    ...Object.keys(previous)
      .filter((path) => !(path in routes))
      .map((path) => write(path)),
    ...Object.entries(routes).map(([path, url]) => write(path, url)),
  ]);
  const theirs = await measured(other, () =>
    writeRoutes(rawClient(other), writes, { atOnce: AT_ONCE, stop: () => false }),
  );
  waiting();
  const same = liveRoutes(other.entries(), ROUTER).length === Object.keys(targets()).length;
  check("one write per route ended with as many routes", same);

  printCalls([
    ["routesync", mine],
    ["one write per route", theirs],
  ]);
  totals.push({ mine, theirs });
  return { reports, commits, requests: mine.requests };
}

/** What `run` asked of `store`'s server, and how long it took. */
async function measured(store, run) {
  store.resetStats();
  const start = performance.now();
  await run();
  const ms = performance.now() - start;
  const { total, conflicts, requests } = store.stats();
  return { ms, calls: total, conflicts, requests };
}

/** Connections and code of both ways are ready before anything is measured; nothing of it is left in the tables. */
async function warmUp() {
  const [a, b] = [ours.createStore(), other.createStore()];
  await syncRoutes({
    store: a,
    client: ours.client,
    router: ROUTER,
    owner: "warm",
    routes: { "/": "https://a.example" },
  });
  await writeRoutes(
    rawClient({ endpoint: other.endpoint, arn: b }),
    [{ router: ROUTER, id: "warm", path: "/", url: "https://a.example" }],
    { atOnce: 1, stop: () => false },
  );
}

/** Pattern → target of what is live. A route without its metadata leads nowhere. */
function targets() {
  return Object.fromEntries(
    liveRoutes(ours.entries(), ROUTER).map(({ pattern, target }) => [pattern, target]),
  );
}

function isLive(...patterns) {
  const live = targets();
  const all = Object.values(live).every(Boolean);
  return all && String(Object.keys(live).toSorted()) === String(patterns.toSorted());
}

function added({ reports }, ...patterns) {
  return String(reports.flatMap((report) => report.added)) === String(patterns);
}

function check(what, ok) {
  checks.push({ what, ok, step: totals.length });
  if (!ok) console.log(pc.red(`   ✘ ${what}`));
}

function verdict() {
  const failed = checks.filter(({ ok }) => !ok);
  const sum = (side, what) => totals.reduce((all, one) => all + one[side][what], 0);
  const [calls, otherCalls] = [sum("mine", "calls"), sum("theirs", "calls")];
  const [ms, otherMs] = [sum("mine", "ms"), sum("theirs", "ms")];
  const compared =
    `${grouped(calls)} API calls and ${time(ms)} in all; ` +
    `one write per route took ${grouped(otherCalls)} and ${time(otherMs)}`;
  if (failed.length === 0) {
    console.log(
      `${pc.bold(pc.green(`✔ Every route stood when its call said so (${checks.length} checks).`))} ${compared}.\n`,
    );
    return;
  }
  console.log(
    `${pc.bold(pc.red(`✘ ${failed.length} of ${checks.length} checks failed:`))} ${failed.map(({ what }) => what).join("; ")}.\n`,
  );
  process.exitCode = 1;
}

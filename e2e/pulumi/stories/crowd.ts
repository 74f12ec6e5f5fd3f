/** Many resources and stacks at the same time. */
import { deepStrictEqual } from "node:assert";

import { startLocalStore } from "../../../lib/testing";
import { must } from "../support/check";
import { common, resources } from "../support/declared";
import { served, serves, Watch } from "../support/edge";
import { backend, Project } from "../support/pulumi";
import { story } from "../support/story";
import { Writing } from "../support/writer";

const one = (n: number) => ({ [`/r${n}`]: `https://r${n}.example` });
const hundred = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`route-${n}`, one(n)]));
const paths = Array.from({ length: 100 }, (_, n) => `/r${n}`);

export async function crowd(): Promise<void> {
  for (const [parallel, bound] of [
    [16, Math.ceil(100 / 16) + 2],
    [100, 6],
  ] as const) {
    await story(`100 resources of one route each, --parallel ${parallel}`, async () => {
      await using store = await startLocalStore({ latencyMs: 30 });
      const project = await new Project("routes", store).init();
      const text = await project.declare(resources(store, hundred)).up("--parallel", String(parallel));
      const { UpdateKeys: updates = 0 } = store.stats().requests;
      deepStrictEqual(Object.keys(await served(store.entries(), paths)).length, 100);
      const writes = store.log().filter(({ operation }) => operation === "UpdateKeys");
      const told = writes.map(({ n, puts = [], status }) => `#${n} ${puts.length} keys ${status}`);
      const shared = text.match(/shared by \d+ resources/g) ?? [];
      must(updates <= bound, [`${updates} UpdateKeys, ${bound} allowed`, ...told, ...shared].join("\n"));
      const requests = store.stats().total;
      store.resetStats();
      await project.destroy("--parallel", String(parallel));
      deepStrictEqual(Object.keys(await served(store.entries(), paths)).length, 0);
      return `${updates} UpdateKeys of ${bound}, ${requests} requests; gone with ${store.stats().requests.UpdateKeys}`;
    });
  }

  await story("a router of 100 routes is one deploy: as few writes as 50 keys each allow", async () => {
    await using store = await startLocalStore();
    const project = await new Project("router", store).init();
    const urls = Object.assign({}, ...Object.values(hundred)) as Record<string, string>;
    await project.declare({ router: common(store), urls }).up();
    deepStrictEqual(Object.keys(await served(store.entries(), paths)).length, 100);
    const { keysPut, requests, total } = store.stats();
    deepStrictEqual(requests.UpdateKeys, Math.ceil(keysPut / 50));
    return `${requests.UpdateKeys} UpdateKeys, ${total} requests`;
  });

  await story("two stacks on one store at once, 20 routes each, 10 times, while SST writes", async () => {
    await using store = await startLocalStore({ latencyMs: 5 });
    const at = backend();
    const stacks = await Promise.all(
      ["blue", "green"].map((name) => new Project("routes", store, name, at).init()),
    );
    const watch = new Watch(store, {});
    await using sst = new Writing(store);
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        stacks.map((stack, index) => {
          const own = Array.from({ length: 20 }, (_, n) => [
            `r${n}`,
            { [`/s${index}/r${n}`]: `https://s${index}-${round}.example` },
          ]);
          return stack.declare(resources(store, Object.fromEntries(own))).up();
        }),
      );
      const wanted = [0, 1].flatMap((index) => Array.from({ length: 20 }, (_, n) => `/s${index}/r${n}`));
      const found = await served(store.entries(), wanted);
      for (const path of wanted) {
        const origin = `s${path[2]}-${round}.example`;
        must(
          found[path] === origin,
          `round ${round}: ${path} leads to ${found[path] ?? "nothing"}, not ${origin}`,
        );
      }
      await watch.judge();
    }
    const written = await sst.stop();
    await serves(store, sst.routes);
    return `${written} routes of SST, ${store.stats().conflicts} conflicts`;
  });
}

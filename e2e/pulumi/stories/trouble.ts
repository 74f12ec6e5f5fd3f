/** Failures and damage. */
import { deepStrictEqual } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { startLocalStore } from "../../../lib/testing";
import { must, mustMatch } from "../support/check";
import { common, resources } from "../support/declared";
import { served, serves, Watch } from "../support/edge";
import { Project } from "../support/pulumi";
import { story } from "../support/story";

const numbered = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`/r${n}`, `https://r${n}.example`]));

/** Kills a process, unless it has ended by itself. */
function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export async function trouble(): Promise<void> {
  await story("a refresh sees what was damaged by hand, and up repairs it", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    const routes = {
      "/api": "https://api.example",
      "/chat": "https://chat.example",
      "/ok": "https://ok.example",
    };
    await project.declare(resources(store, { all: routes })).up();
    const wanted = { "/api": "api.example", "/chat": "chat.example", "/ok": "ok.example" };
    mustMatch(await project.refresh("--expect-no-changes"), /unchanged/);

    const entries = store.entries();
    const [api = "", chat = ""] = ["api", "chat"].map(
      (name) => Object.keys(entries).find((key) => entries[key]?.includes(`"${name}.example"`)) as string,
    );
    const table = JSON.parse(entries["678a:routes"] as string) as string[];
    store.putRaw(
      store.arn,
      "678a:routes",
      JSON.stringify(table.filter((entry) => !entry.endsWith(",/chat"))),
    );
    store.putRaw(store.arn, chat);
    store.putRaw(store.arn, api, '{"host":"elsewhere.example","origin":{}}');
    await serves(store, { ...wanted, "/api": "elsewhere.example", "/chat": undefined });

    mustMatch(await project.refresh(), /METADATA_ALTERED/, /ROUTE_MISSING/);
    mustMatch(await project.state(), /"drift":/);
    const watch = new Watch(store, { "/ok": ["ok.example"] });
    await project.up();
    await serves(store, wanted);
    await watch.judge();
    mustMatch(await project.refresh("--expect-no-changes"), /unchanged/);
    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined, "/ok": undefined });
  });

  await story("up is killed in mid-deploy: the store is whole, and up again ends it", async () => {
    await using store = await startLocalStore();
    const project = await new Project("router", store).init();
    await project.declare({ router: common(store), urls: numbered(5) }).up();
    const wanted = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`/r${n}`, `r${n}.example`]));
    const before = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`/r${n}`, [`r${n}.example`]]));
    const watch = new Watch(store, before);
    let killed = 0;
    const left: number[] = [];
    // The deploy is killed before the write, while it waits for the answer, and between two writes.
    for (const lines of [
      [{ on: "DescribeKeyValueStore" as const, how: "hang" as const }],
      [{ on: "UpdateKeys" as const, how: "hang" as const, after: true }],
      [
        { on: "UpdateKeys" as const, how: "none" as const },
        { on: "UpdateKeys" as const, how: "hang" as const },
      ],
    ]) {
      store.setFaults({ script: lines });
      project.declare({ router: common(store), urls: numbered(60 * (killed + 1)) });
      const faults = store.stats().faults;
      const { child, ended } = project.start("up", "--yes", "--skip-preview");
      const out = sleep(5 * 60_000, undefined, { ref: false });
      while (store.stats().faults === faults && child.exitCode === null) {
        if ((await Promise.race([sleep(20, "again"), out])) !== "again")
          throw new Error("the deploy never came to the store");
      }
      must(child.exitCode === null, "the deploy ended before it was killed");
      // If only the engine is killed, the provider continues, and its write may still be applied during the next deploy.
      const [engine, ...others] = await project.tree(child);
      for (const pid of killed === 1 ? [engine as number] : [engine as number, ...others]) end(pid);
      if (killed === 1) left.push(...others);
      await ended;
      killed += 1;
      store.setFaults({});
      await watch.judge();
      await project.run("cancel", "--yes", "dev");
      await project.up();
      await watch.judge();
      await serves(store, wanted);
    }
    await project.declare({ router: common(store), urls: numbered(5) }).up();
    deepStrictEqual(Object.keys(await served(store.entries(), Object.keys(wanted))).length, 5);
    for (const pid of left) end(pid);
    return `${killed} kills`;
  });

  await story("destroy succeeds when the store is gone, and refresh drops what was in it", async () => {
    await using store = await startLocalStore();
    const arn = store.createStore("second");
    const place = { arn, client: store.client };
    const project = await new Project("routes", place).init();
    await project
      .declare(resources(place, { one: numbered(1), two: { "/two": "https://two.example" } }))
      .up();
    store.deleteStore(arn);
    mustMatch(await project.destroy(), /no longer exists/, /2 deleted|deleted/);

    const other = { arn: store.createStore("third"), client: store.client };
    const again = await new Project("routes", other).init();
    await again.declare(resources(other, { one: numbered(1) })).up();
    store.deleteStore(other.arn);
    mustMatch(await again.refresh(), /no longer exists/);
    await again.destroy();
  });

  await story("a state that came from another machine finds the package where it is now", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    await project.declare(resources(store, { one: numbered(1) })).up();
    const before = await project.state();
    project.alter((text) =>
      text.replaceAll(/places = \[[^,]*,/g, 'places = [\\"/somewhere/else/package.json\\",'),
    );
    must((await project.state()) !== before, "the state was not altered");
    await project.destroy();
    await serves(store, { "/r0": undefined });
  });

  await story("errors reach the user with their code and what to do", async () => {
    await using store = await startLocalStore();
    const place = { arn: store.createStore("gone"), client: store.client };
    store.deleteStore(place.arn);
    const project = await new Project("routes", place).init();
    const { code, text } = await project
      .declare(resources(place, { one: numbered(1) }))
      .run("up", "--yes", "--skip-preview");
    must(code !== 0, "a deploy to a deleted store succeeded");
    mustMatch(text, /STORE_GONE: /);
    const imported = resources(store, { one: numbered(1) }, { opts: { import: "678a/shop" } });
    const other = await new Project("routes", store).init();
    mustMatch(
      (await other.declare(imported).run("up", "--yes", "--skip-preview")).text,
      /cannot import.*adopt/s,
    );
  });
}

/** The usual operations on a stack. */
import { deepStrictEqual } from "node:assert";

import { startLocalStore } from "../../../lib/testing";
import { must, mustMatch, mustNotMatch } from "../support/check";
import { common, resources } from "../support/declared";
import { serves, Watch } from "../support/edge";
import { Project } from "../support/pulumi";
import { story } from "../support/story";

export async function everyday(): Promise<void> {
  await story("the seed's story: api and chat, without chat, chat again", async () => {
    await using store = await startLocalStore();
    const project = await new Project("router", store).init();
    const declare = (urls: Record<string, string>, late = {}) =>
      project.declare({ router: common(store), urls, late });
    const api = { "/api": "https://api.example" };
    const watch = new Watch(store);

    mustMatch(
      await declare(api, { "/chat": "https://chat.example" }).up(),
      /routesync: 2 added · \d+ requests · 0 conflicts/,
    );
    await serves(store, { "/api/x": "api.example", "/chat": "chat.example" });
    must((await watch.judge()) === 1, "the deploy took more than one write");
    mustMatch(await project.state(), /organization\/shop\/dev/);

    const since = new Watch(store, { "/api": ["api.example"] });
    mustMatch(await declare(api).up(), /routesync: 1 removed/);
    await serves(store, { "/api": "api.example", "/chat": undefined });
    await declare({ ...api, "/chat": "https://chat.example" }).up();
    await serves(store, { "/api": "api.example", "/chat": "chat.example" });
    await since.judge();

    store.resetStats();
    mustMatch(await project.up(), /unchanged/);
    deepStrictEqual(store.stats().total, 0);
    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined });
    const left = Object.keys(store.entries()).filter((key) => !key.startsWith("678a:owner:"));
    deepStrictEqual(left, []);
  });

  await story("a preview shows the plan, finds what is wrong and writes nothing", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    project.declare(resources(store, { api: { "/api": "https://api.example" } }));
    mustMatch(await project.preview(), /plan of api/, /\/api/);

    const refused = (target: object) =>
      project.declare(resources(store, { api: { "/api": target as { url: string } } })).run("preview");
    const wrong = await refused({ url: "https://api.example", readTimeout: "forever" });
    must(wrong.code !== 0, "a wrong time-out passed");
    mustMatch(wrong.text, /routes\["\/api"\]\.readTimeout/, /INVALID_/);
    const secret = await project
      .declare(
        resources(
          store,
          { api: { "/api": "https://api.example" } },
          {
            client: { endpoint: store.endpoint, credentials: { accessKeyId: "AKIA", secretAccessKey: "s" } },
          },
        ),
      )
      .run("preview");
    must(secret.code !== 0, "credentials passed");
    mustMatch(secret.text, /client\.credentials/, /profile/);

    deepStrictEqual(store.stats().writesAccepted, 0);
    deepStrictEqual(store.entries(), {});

    project.declare(resources(store, { api: { "/api": "https://api.example" } }));
    await project.up();
    const before = store.entries();
    project.declare(resources(store, { api: { "/api": "https://next.example" } }));
    mustMatch(await project.preview(), /plan of api/, /next\.example/);
    deepStrictEqual(store.entries(), before);
    mustNotMatch(await project.state(), /secretAccessKey|"session":\{|"preview":/);
  });

  await story("a preview with unknown targets and an unknown store neither fails nor writes", async () => {
    await using store = await startLocalStore();
    const project = await new Project("unknown", store).init();
    const input = { store: store.arn, client: { endpoint: store.endpoint }, url: "https://made.example" };
    project.declare(input);
    mustMatch(await project.preview(), /not made, since it depends/);
    deepStrictEqual(store.stats().total, 0);
    const wrong = await project.declare({ ...input, pattern: "/a,b" }).run("preview");
    must(wrong.code !== 0, "a wrong pattern passed");
    mustMatch(wrong.text, /INVALID_PATTERN/);
    project.declare(input);
    await project.up();
    await serves(store, { "/known": "known.example", "/made": "made.example" });
    // The function is replaced. Its URL is unknown again, and the route stays live in the meantime.
    const watch = new Watch(store, {
      "/made": ["made.example", "next.example"],
      "/known": ["known.example"],
    });
    project.declare({ ...input, url: "https://next.example" });
    await project.preview();
    await serves(store, { "/made": "made.example" });
    await project.up();
    await serves(store, { "/known": "known.example", "/made": "next.example" });
    await watch.judge();
  });

  await story("a target changes, and in other words stays", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    const declare = (target: object) =>
      project.declare(resources(store, { api: { "/api": target as { url: string } } }));
    await declare({ url: "https://one.example", readTimeout: "30 seconds" }).up();
    const watch = new Watch(store, { "/api": ["one.example", "two.example"] });
    store.resetStats();
    mustMatch(await declare({ readTimeout: 30, url: "https://one.example" }).up(), /1 unchanged|unchanged/);
    deepStrictEqual(store.stats().total, 0);
    mustMatch(await declare({ url: "https://two.example" }).up(), /routesync: 1 changed/);
    await serves(store, { "/api": "two.example" });
    await watch.judge();
  });

  await story("a pattern moves from a url to a bucket and back", async () => {
    await using store = await startLocalStore();
    const project = await new Project("router", store).init();
    const bucket = "files.s3.us-east-1.amazonaws.com";
    const router = common(store);
    await project.declare({ router, urls: { "/files": "https://files.example" } }).up();
    const watch = new Watch(store, { "/files": ["files.example", bucket] });
    await project.declare({ router, buckets: { "/files": bucket } }).up();
    await serves(store, { "/files": bucket });
    await project.declare({ router, urls: { "/files": "https://files.example" } }).up();
    await serves(store, { "/files": "files.example" });
    must((await watch.judge()) === 2, "each move is one write");
  });

  await story("a site with its files is deployed, gets other files, and goes", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    const site = { s3: { domain: "site.s3.us-east-1.amazonaws.com", dir: "/out" } };
    const declare = (files: string[]) =>
      project.declare(resources(store, { site: { "/": { site, files } } }));
    const files = () =>
      Object.keys(store.entries())
        .flatMap((key) => /:(\/.*)$/u.exec(key)?.[1] ?? [])
        .toSorted();
    await declare(["/index.html", "/old.js"]).up();
    deepStrictEqual(files(), ["/index.html", "/old.js"]);
    await declare(["/index.html", "/new.js"]).up();
    deepStrictEqual(files(), ["/index.html", "/new.js"]);
    await project.destroy();
    deepStrictEqual(files(), []);
  });
}

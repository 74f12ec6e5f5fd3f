/** Tests of the Pulumi resources and their provider without an engine. `npm run e2e:pulumi` tests them with the engine. */
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";

import { Router, Routes, sstNamespace } from "../../lib/pulumi";
import { handlerText } from "../../lib/pulumi/handler";
import { nameOf } from "../../lib/pulumi/names";
import { provider } from "../../lib/pulumi/provider";
import type { Declared, State } from "../../lib/pulumi/provider/state";
import type { LocalStore } from "../../lib/testing";
import { node, root } from "../../__test__/support/run";
import { freshStore } from "../../__test__/support/store";
import { table, targets } from "../../__test__/support/table";

const ARN = "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const PART = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/routesync:Routes::api";

test("the namespace is SST's", () => {
  // `printf shop-dev-MyRouter | md5sum`
  expect(sstNamespace({ app: "shop", stage: "dev", name: "MyRouter" })).toBe("91e0");
});

describe("the handler in a state", () => {
  /** Runs a handler as Pulumi's process for dynamic providers does, in a folder from which no package can be found. */
  const judged = (text: string, started = "-") => {
    const program = `
      const module = { exports: {} };
      process.argv[1] = ${JSON.stringify(started)};
      new Function("exports", "require", ${JSON.stringify(text)})(module.exports, require);
      const declared = { store: ${JSON.stringify(ARN)}, router: "678a", owner: "o", part: "p", routes: { "/a,b": "https://a.example" } };
      module.exports.handler().check({}, declared).then(
        ({ failures }) => console.log(failures[0].property),
        ({ message }) => console.log(message),
      );`;
    return node(["-e", program], tmpdir());
  };

  test("finds the package from any folder, and runs it", async () => {
    expect(await judged(handlerText())).toBe('routes["/a,b"]');
  });

  test("finds the package beside Pulumi's own where the state comes from another machine", async () => {
    const moved = handlerText().replace(/places = \["[^"]*"/u, 'places = ["/elsewhere/package.json"');
    expect(await judged(moved, join(root, "dist", "index.js"))).toBe('routes["/a,b"]');
    expect(await judged(moved)).toMatch(/^NATIVE_MISSING: .*install it in/u);
  });

  test("is the same each time, holds no code of the addon and needs no module but Node's", () => {
    expect(handlerText()).toBe(handlerText());
    expect(handlerText().match(/require\(.*?\)/gu)).toEqual([
      'require("node:module")',
      'require("node:path")',
    ]);
  });
});

describe("the provider", () => {
  const declared = (
    routes: Declared["routes"],
    more: Partial<Declared> = {},
    // `check` rejects these credentials. Real ones come from the environment, which this test cannot set.
    place: Pick<LocalStore, "arn" | "client"> = { arn: ARN, client: { endpoint: "http://127.0.0.1:9" } },
  ): Declared => ({
    store: place.arn,
    client: place.client,
    router: "678a",
    owner: "shop/test",
    part: PART,
    routes,
    ...more,
  });
  const state = (routes: Declared["routes"], more: Partial<State> = {}): State =>
    ({ ...declared(routes), ids: {}, etag: "E", ...more }) as State;

  test.each<[string, Declared, string, RegExp]>([
    [
      "a target",
      declared({ "/a": { url: "https://a.example", readTimeout: 0.5 } }),
      'routes["/a"].readTimeout',
      /^INVALID_/u,
    ],
    ["a pattern", declared({ "/a,b": "https://a.example" }), 'routes["/a,b"]', /^INVALID_PATTERN/u],
    [
      "a pattern beside an unknown store",
      declared({ "/a,b": UNKNOWN }, { store: UNKNOWN }),
      'routes["/a,b"]',
      /comma/u,
    ],
    ["a store", declared({}, { store: "arn" }), "store", /^INVALID_ARN/u],
    ["an owner", declared({}, { owner: "" }), "owner", /^INVALID_OPTION/u],
    ["an option that is none", declared({}, { polcy: "sync" }), "polcy", /^INVALID_OPTION/u],
    [
      "an origin that the edge does not reach",
      declared({ "/a": "http://a.example" }),
      'routes["/a"]',
      /^LINT: /u,
    ],
    [
      "what a lint rule refuses beside unknown values",
      declared(
        { "/a/:id": UNKNOWN, "/b": UNKNOWN },
        { store: UNKNOWN, lint: { PATTERN_PLACEHOLDER: "error" } },
      ),
      'routes["/a/:id"]',
      /^LINT: .*PATTERN_PLACEHOLDER/u,
    ],
    [
      "credentials",
      declared({}, { client: { credentials: { accessKeyId: "A" } } }),
      "client.credentials",
      /profile/u,
    ],
  ])("finds %s that cannot be, on its property, without a request", async (_, news, property, reason) => {
    const { failures } = await provider.check({}, news);
    expect(failures).toEqual([{ property, reason: expect.stringMatching(reason) }]);
  });

  test("takes a declaration in which everything is unknown", async () => {
    const unknown = declared({ "/a": UNKNOWN, "/b": { url: UNKNOWN, readTimeout: UNKNOWN } as never });
    const all = { ...unknown, store: UNKNOWN, router: UNKNOWN, owner: UNKNOWN, client: UNKNOWN };
    expect((await provider.check({}, all)).failures).toEqual([]);
    expect((await provider.check({}, { ...all, routes: UNKNOWN as never })).failures).toEqual([]);
  });

  test.each([UNKNOWN, { HTTP_ORIGIN: UNKNOWN }, { HTTP_ORIGIN: "warn" }])(
    "takes what a lint rule allows, or may allow: %j",
    async (lint) => {
      const { failures } = await provider.check({}, declared({ "/a": "http://a.example" }, { lint }));
      expect(failures).toEqual([]);
    },
  );

  test("keeps what concerns one run out of the state", async () => {
    const session = { preview: false, secret: false };
    expect((await provider.check({}, declared({}, { session }))).inputs).toEqual(declared({}));
  });

  test.each<[string, Declared["routes"], Declared["routes"], boolean]>([
    ["nothing", { "/a": "https://a.example" }, { "/a": "https://a.example" }, false],
    [
      "the spelling of a target",
      { "/a": "https://a.example" },
      { "/a": { url: "https://a.example/" } },
      false,
    ],
    [
      "the unit of a time-out",
      { "/a": { url: "https://a.example", readTimeout: "1 minute" } },
      { "/a": { url: "https://a.example", readTimeout: 60 } },
      false,
    ],
    ["a host", { "/a": "https://a.example" }, { "/a": "https://b.example" }, true],
    ["a kind", { "/a": "https://a.example" }, { "/a": { bucket: "a.example" } }, true],
    ["a new route", {}, { "/a": "https://a.example" }, true],
    ["a dropped route", { "/a": "https://a.example" }, {}, true],
    ["an unknown target", { "/a": "https://a.example" }, { "/a": UNKNOWN }, true],
    [
      "a namespace",
      { "/a": { namespace: "b", type: "site" } },
      { "/a": { namespace: "c", type: "site" } },
      true,
    ],
    [
      "a site's files",
      { "/a": { site: { s3: { domain: "a.example" } }, files: ["/a"] } },
      { "/a": { site: { s3: { domain: "a.example" } }, files: ["/a", "/b"] } },
      true,
    ],
    [
      "how a namespace is read",
      { "/a": { namespace: "b", type: "site" } },
      { "/a": { namespace: "b", type: "url" } },
      true,
    ],
    [
      "the order of a site's files",
      { "/a": { site: { s3: { domain: "a.example" } }, files: ["/a", "/b"] } },
      { "/a": { site: { s3: { domain: "a.example" } }, files: ["/b", "/a"] } },
      false,
    ],
    [
      "one of two",
      { "/a": "https://a.example", "/b": "https://b.example" },
      { "/a": "https://a.example/", "/b": "https://c.example" },
      true,
    ],
    ["a pattern", { "/a": "https://a.example" }, { "/b": "https://a.example" }, true],
    ["a state that is refused now", { "/a": "http://a.example" }, { "/a": "https://a.example" }, true],
    [
      "nothing, in a state that is refused now",
      { "/a": "http://a.example" },
      { "/a": "http://a.example" },
      false,
    ],
  ])("a difference is one of meaning: %s", async (_, before, after, changes) => {
    expect(await provider.diff("id", state(before), declared(after))).toEqual({ changes, replaces: [] });
  });

  test.each(["store", "router", "owner"])("another %s is another resource", async (key) => {
    const { replaces } = await provider.diff("id", state({}), declared({}, { [key]: "other" }));
    expect(replaces).toEqual([key]);
  });

  test("makes, sees drift, repairs and removes", async () => {
    const store = await freshStore();
    const news = declared({ "/a": "https://a.example", "/b": "https://b.example" }, {}, store);
    const { id, outs } = await provider.create(news);
    expect(id).toBe("678a/shop/test");
    expect(targets(store.entries())).toEqual({ "/a": "a.example", "/b": "b.example" });
    expect((await provider.read(id, outs)).props).toEqual(outs);

    store.putRaw(store.arn, `${outs.ids["/a"]}:metadata`);
    const { props } = await provider.read(id, outs);
    expect(props).toEqual({ ...outs, drift: { "/a": "METADATA_MISSING" } });
    expect((await provider.diff(id, props as State, news)).changes).toBe(true);
    const repaired = await provider.update(id, props as State, news);
    expect(repaired.outs).toEqual({ ...outs, etag: expect.any(String) });
    expect(targets(store.entries())).toEqual({ "/a": "a.example", "/b": "b.example" });

    await provider.delete(id, repaired.outs);
    expect(targets(store.entries())).toEqual({});
    store.deleteStore(store.arn);
    await provider.delete(id, repaired.outs);
    expect(await provider.read(id, repaired.outs)).toEqual({});
  });

  test("removes with what a state keeps of an earlier deploy, of which not all applies", async () => {
    const store = await freshStore();
    const a = { "/a": "https://a.example" };
    const first = declared(a, { part: "a", generation: 1, takeover: ["/a"], maxRemoved: 0 }, store);
    const { id, outs } = await provider.create(first);
    // Another resource of the owner has deployed in the meantime.
    await provider.create(declared({ "/b": "https://b.example" }, { part: "b", generation: 2 }, store));
    await provider.delete(id, outs);
    expect(targets(store.entries())).toEqual({ "/b": "b.example" });
  });

  test("removes from a damaged table where the declaration repairs", async () => {
    const store = await freshStore();
    const { id, outs } = await provider.create(declared({ "/a": "https://a.example" }, {}, store));
    store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
    await expect(provider.delete(id, outs)).rejects.toThrow(/^TABLE_CORRUPT/u);
    await provider.delete(id, { ...outs, repair: true });
    expect(table(store.entries())).toEqual([]);
  });

  test("does not take from a third what the old owner had lost to it", async () => {
    const store = await freshStore();
    const routes = { "/a": "https://a.example" };
    const old = await provider.create(declared(routes, { owner: "one" }, store));
    await provider.create(declared(routes, { owner: "third", part: "other", takeover: true }, store));
    const news = declared(routes, { owner: "two" }, store);
    expect((await provider.diff(old.id, old.outs, news)).replaces).toEqual(["owner"]);
    await expect(provider.create(news)).rejects.toThrow(/^ROUTE_CONFLICT: .*third/u);
  });
});

describe("the resources", () => {
  const registered: pulumi.runtime.MockResourceArgs[] = [];
  beforeAll(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => {
          registered.push(args);
          return { id: `${args.name}-id`, state: args.inputs };
        },
        call: () => ({}),
      },
      "shop",
      "dev",
      false,
      "organization",
    );
  });
  const inputs = async (resource: Routes) => {
    await new Promise((resolve) => resource.urn.apply(resolve));
    return registered.find(({ name, custom }) => custom && name === nameOf(resource))?.inputs;
  };

  test("Routes belong to the stack unless told otherwise, and know their URN", async () => {
    const routes = new Routes("plain", { store: ARN, router: "678a", routes: { "/a": "https://a.example" } });
    expect(await inputs(routes)).toMatchObject({
      owner: "organization/shop/dev",
      part: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/routesync:Routes::plain",
      routes: { "/a": "https://a.example" },
    });
    expect(Routes.isInstance(routes)).toBe(true);
    expect(Routes.isInstance(undefined)).toBe(false);
  });

  test("a Router collects what is declared until it is ended", async () => {
    const router = new Router("collects", { store: ARN, router: "678a", owner: "o" });
    router.route("/a", pulumi.output("https://a.example"), { readTimeout: "60 seconds" });
    router.route(pulumi.output("/b"), "https://b.example", pulumi.output({ connectionAttempts: 2 }));
    router.routeBucket("/c", "c.s3.us-east-1.amazonaws.com");
    router.routeBucket("/d", { bucketRegionalDomainName: pulumi.output("d.example") });
    router.routeBucket("/e", { nodes: { bucket: pulumi.output({ bucketRegionalDomainName: "e.example" }) } });
    router.routeSite("/f", { namespace: "abcd", type: "site" });
    expect(() => router.route("/a", "https://x.example")).toThrow(/declared twice/u);
    router.sync();
    expect(await inputs(router.routes)).toMatchObject({
      owner: "o",
      routes: {
        "/a": { url: "https://a.example", readTimeout: "60 seconds" },
        "/b": { url: "https://b.example", connectionAttempts: 2 },
        "/c": { bucket: "c.s3.us-east-1.amazonaws.com" },
        "/d": { bucket: "d.example" },
        "/e": { bucket: "e.example" },
        "/f": { namespace: "abcd", type: "site" },
      },
    });
    expect(() => router.route("/g", "https://g.example")).toThrow(/already been deployed/u);
  });

  test("Router.attach takes store and namespace of SST's router, and SST's words for the owner", async () => {
    Object.assign(globalThis, { $app: { name: "shop", stage: "prod" } });
    const sst = { constructorName: "MyRouter", _kvStoreArn: pulumi.output(ARN), _kvNamespace: "beef" };
    const router = Router.attach(sst);
    router.sync();
    expect(await inputs(router.routes)).toMatchObject({
      store: ARN,
      router: "beef",
      owner: "shop/prod/MyRouterRoutes",
    });
    Reflect.deleteProperty(globalThis, "$app");
  });

  test.each([undefined, null, "MyRouter"])(
    "Router.attach(%p) and Router.get of it say what is missing",
    (none) => {
      const error = (path: string) =>
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: expect.stringContaining("`sst dev`"),
          details: { path },
        });
      expect(() => Router.attach(none as never)).toThrow(error("router"));
      expect(() => Router.get("got", none as never)).toThrow(error("distribution"));
    },
  );

  test("Router.get takes them from the distribution's tags", async () => {
    const tags = pulumi.output({ "sst:ref:kv": ARN, "sst:ref:kv-namespace": "cafe" });
    const router = Router.get("got", { tags });
    router.sync();
    expect(await inputs(router.routes)).toMatchObject({
      store: ARN,
      router: "cafe",
      owner: "organization/shop/dev",
    });
  });

  test("credentials and imports are refused where they are written", () => {
    const args = { store: ARN, router: "678a", routes: {} };
    const client = { credentials: { accessKeyId: "A", secretAccessKey: "S" } } as object;
    expect(() => new Routes("x", { ...args, client })).toThrow(/client\.credentials: .*profile/u);
    expect(() => new Routes("x", args, { import: "678a/o" })).toThrow(/adopt: true/u);
  });
});

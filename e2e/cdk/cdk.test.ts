/** Tests of the CDK construct: the template that it synthesizes, and its function with CloudFormation's events. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { App, Lazy, Stack, Token } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { Routes } from "routesync/cdk";

import { listHistory } from "../../lib";
import type { Answer, Event } from "../../lib/cdk/handler";
import type { LocalStore } from "../../lib/testing";
import { node } from "../../__test__/support/run";
import { freshStore } from "../../__test__/support/store";
import { table, targets } from "../../__test__/support/table";

const ARN = "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666";
const routes = { "/api": "https://api.example", "/chat": { url: "https://chat.example", readTimeout: 30 } };
const architecture = process.arch === "arm64" ? Architecture.ARM_64 : Architecture.X86_64;

let outdir: string;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), "routesync-cdk-test-"));
});
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

function synthesized(): { template: Template; code: string } {
  const app = new App({ outdir });
  const stack = new Stack(app, "Shop");
  const made = new Routes(stack, "Routes", { store: ARN, router: "678a", routes, architecture });
  expect(stack.resolve(made.etag)).toEqual({ "Fn::GetAtt": [expect.any(String), "ETag"] });
  app.synth();
  const code = readdirSync(outdir).find((name) => {
    try {
      return readdirSync(join(outdir, name)).includes("node_modules");
    } catch {
      return false;
    }
  });
  return { template: Template.fromStack(stack), code: join(outdir, code as string) };
}

describe("the construct", () => {
  test("gives CloudFormation the declaration as one text, and the function this store alone", () => {
    const { template } = synthesized();
    template.resourceCountIs("Custom::RoutesyncRoutes", 1);
    const [resource] = Object.values(template.findResources("Custom::RoutesyncRoutes"));
    expect(JSON.parse(resource?.["Properties"].Declared)).toEqual({
      store: ARN,
      router: "678a",
      owner: "Shop/Routes",
      routes,
    });
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [
          {
            Action: ["DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys"].map(
              (action) => `cloudfront-keyvaluestore:${action}`,
            ),
            Effect: "Allow",
            Resource: ARN,
          },
        ],
      },
    });
  });

  const declare = (props: object) => {
    const stack = new Stack(new App({ outdir }), "Literals");
    return new Routes(stack, "Routes", { store: ARN, router: "678a", routes, architecture, ...props });
  };

  const wrong: [string, object, string, string][] = [
    [
      "a * inside a path",
      { routes: { "/api/*/x": "https://a.example" } },
      "INVALID_PATTERN",
      `routes["/api/*/x"]`,
    ],
    ["no routes", { routes: {} }, "INVALID_OPTION", "routes"],
    ["routes that are not there", { routes: undefined }, "INVALID_OPTION", "routes"],
    ["an empty target", { routes: { "/a": {} } }, "INVALID_OPTION", `routes["/a"]`],
    ["a target with a path", { routes: { "/a": "https://a.example/x" } }, "INVALID_TARGET", `routes["/a"]`],
    [
      "a construct as a target",
      { routes: { "/a": { bucket: new Construct(new Stack(new App(), "Other"), "Bucket") } } },
      "INVALID_OPTION",
      `routes["/a"].bucket.node.host`,
    ],
    ["a number as the router", { router: 678 }, "INVALID_OPTION", "router"],
    ["an ARN of something else", { store: "arn:aws:s3:::bucket" }, "INVALID_ARN", "store"],
    ["an owner with an empty part", { owner: "shop/" }, "INVALID_OPTION", "owner"],
    ["an option that is none", { polcy: "sync" }, "INVALID_OPTION", "polcy"],
    [
      "an origin that the edge does not reach",
      { routes: { "/a": "http://a.example" } },
      "LINT",
      `routes["/a"]`,
    ],
    [
      "a lint rule that is an error, beside a token",
      {
        routes: { "/a/:id": { url: Token.asString({ Ref: "Api" }) } },
        lint: { PATTERN_PLACEHOLDER: "error" },
      },
      "LINT",
      `routes["/a/:id"]`,
    ],
    [
      "a wrong pattern with a token as its target",
      { routes: { "/a?b": { url: Token.asString({ Ref: "Api" }) } } },
      "INVALID_PATTERN",
      `routes["/a?b"]`,
    ],
    [
      "a wrong option beside a token",
      { routes: { "/a": { url: Token.asString({ Ref: "Api" }), readTimeout: 0 } } },
      "INVALID_OPTION",
      `routes["/a"].readTimeout`,
    ],
  ];

  test.each(wrong)("%s fails at synthesis", (_, props, code, path) => {
    expect(() => declare(props)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ path }) }),
    );
  });

  test("tokens are left to the deploy, wherever they are", () => {
    const token = (name: string) => Token.asString({ Ref: name });
    const everywhere = {
      store: token("Store"),
      router: token("Router"),
      owner: `shop/${token("Stage")}`,
      routes: {
        "/api": token("Api"),
        "/chat": { url: `https://${token("Chat")}`, readTimeout: 30 },
        "/docs": { bucket: token("Docs") },
        "/web": { namespace: token("Web"), type: "url" },
        [`${token("Host")}/`]: "https://web.example",
      },
      takeover: ["/api"],
      maxRemoved: Token.asNumber({ Ref: "Most" }),
      client: { assumeRole: { arn: token("Role") } },
    };
    expect(() => declare(everywhere)).not.toThrow();
    const unknownLevel = { routes: { "/a": "http://a.example" }, lint: { HTTP_ORIGIN: token("Level") } };
    expect(() => declare(unknownLevel)).not.toThrow();
    expect(() => declare({ routes: Lazy.any({ produce: () => routes }) })).not.toThrow();
  });

  test("says which binary is missing", () => {
    const other = architecture === Architecture.X86_64 ? Architecture.ARM_64 : Architecture.X86_64;
    const stack = new Stack(new App({ outdir }), "Other");
    expect(
      () => new Routes(stack, "Routes", { store: ARN, router: "678a", routes, architecture: other }),
    ).toThrow(/npm install .*routesync-linux-/u);
  });
});

describe("the function", () => {
  let code: string;
  beforeAll(() => {
    ({ code } = synthesized());
  });

  const declared = (store: LocalStore, more: object = {}) => ({
    Declared: JSON.stringify({
      store: store.arn,
      client: { endpoint: store.endpoint },
      router: "678a",
      owner: "Shop/Routes",
      routes,
      ...more,
    }),
  });

  /** Runs the code that would be uploaded, in a separate process and folder, with credentials as in Lambda. */
  async function run(event: Event): Promise<Answer & { error?: string }> {
    const program = `
      console.log = () => {};
      require(${JSON.stringify(code)}).handler(${JSON.stringify(event)}).then(
        (answer) => process.stdout.write(JSON.stringify(answer)),
        (error) => process.stdout.write(JSON.stringify({ error: error.message })),
      );`;
    const env = {
      PATH: process.env["PATH"],
      AWS_ACCESS_KEY_ID: "AKIALAMBDA",
      AWS_SECRET_ACCESS_KEY: "secret",
    };
    return JSON.parse(await node(["-e", program], tmpdir(), env));
  }

  test("creates, updates, rolls back and deletes", async () => {
    const store = await freshStore();
    const first = declared(store);
    const { PhysicalResourceId, Data } = await run({ RequestType: "Create", ResourceProperties: first });
    expect(PhysicalResourceId).toBe(`Shop/Routes 678a ${store.arn}`);
    expect(Data).toEqual({ ETag: expect.any(String) });
    expect(targets(store.entries())).toEqual({ "/api": "api.example", "/chat": "chat.example" });

    const second = declared(store, { routes: { "/api": "https://next.example" } });
    const update = {
      RequestType: "Update",
      ResourceProperties: second,
      OldResourceProperties: first,
    } as const;
    expect((await run(update)).PhysicalResourceId).toBe(PhysicalResourceId);
    expect(targets(store.entries())).toEqual({ "/api": "next.example" });

    await run({ RequestType: "Update", ResourceProperties: first, OldResourceProperties: second });
    expect(targets(store.entries())).toEqual({ "/api": "api.example", "/chat": "chat.example" });

    await run({ RequestType: "Delete", ResourceProperties: first });
    expect(targets(store.entries())).toEqual({});
    store.deleteStore(store.arn);
    expect(await run({ RequestType: "Delete", ResourceProperties: first })).toEqual({});
  });

  test("does what the options say: of retries, lint, history and repair", async () => {
    const store = await freshStore();
    const more = { retry: { maxWait: 1 }, deadline: "30 seconds", history: 3, repair: true };
    const linted = declared(store, {
      ...more,
      lint: { PATTERN_PLACEHOLDER: "error" },
      routes: { "/a/:id": "https://a.example" },
    });
    expect((await run({ RequestType: "Create", ResourceProperties: linted })).error).toMatch(/^LINT: /u);
    const first = declared(store, more);
    await run({ RequestType: "Create", ResourceProperties: first });
    const history = await listHistory({
      store: store.arn,
      client: store.client,
      router: "678a",
      owner: "Shop/Routes",
    });
    expect(history).toMatchObject({ keep: 3, changes: [{ change: 0 }] });

    store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
    const { error } = await run({ RequestType: "Delete", ResourceProperties: declared(store) });
    expect(error).toMatch(/^TABLE_CORRUPT: /u);
    expect(await run({ RequestType: "Delete", ResourceProperties: first })).toEqual({});
    expect(table(store.entries())).toEqual([]);
  });

  test("a renamed owner takes over, and the late delete of the old one leaves it", async () => {
    const store = await freshStore();
    const before = declared(store);
    const after = declared(store, { owner: "Shop/Renamed" });
    const { PhysicalResourceId: id } = await run({ RequestType: "Create", ResourceProperties: before });
    const moved = await run({
      RequestType: "Update",
      ResourceProperties: after,
      OldResourceProperties: before,
    });
    expect(moved.PhysicalResourceId).not.toBe(id);
    await run({ RequestType: "Delete", ResourceProperties: before });
    expect(targets(store.entries())).toEqual({ "/api": "api.example", "/chat": "chat.example" });
  });

  test("fails with the code and what to do", async () => {
    const store = await freshStore();
    const wrong = declared(store, { routes: { "/a,b": "https://a.example" } });
    const { error } = await run({ RequestType: "Create", ResourceProperties: wrong });
    expect(error).toMatch(/^INVALID_PATTERN: .*comma/u);
  });
});

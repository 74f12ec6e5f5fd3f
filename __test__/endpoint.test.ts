/** Endpoints of AWS's configuration: calls use the emulator that a shell is configured for, and report the endpoint. */
import { expect, test } from "@jest/globals";

import { bare, home, serve, syncIn } from "./support/aws";
import { cli, environment, folder, ROUTES } from "./support/cli";
import { node, root } from "./support/run";
import { freshStore } from "./support/store";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "not-a-secret" };

test.each<[string, (url: string) => [string, Record<string, string>, object], string]>([
  ["AWS_ENDPOINT_URL", (url) => ["", { AWS_ENDPOINT_URL: url }, { credentials }], "AWS_ENDPOINT_URL"],
  [
    "the service's variable, before the general one",
    (url) => [
      "",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: url },
      { credentials },
    ],
    "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE",
  ],
  [
    "endpoint_url of the profile that is named, which signs",
    (url) => [
      `[profile local]\nendpoint_url = ${url}\naws_access_key_id = AKIALOCAL\naws_secret_access_key = local-secret`,
      {},
      { profile: "local" },
    ],
    'endpoint_url of the profile "local"',
  ],
  [
    "the services section of AWS_PROFILE, also where credentials are given",
    (url) => [
      `[profile local]\nservices = here\n[services here]\ncloudfront_keyvaluestore =\n  endpoint_url = ${url}`,
      { AWS_PROFILE: "local" },
      { credentials },
    ],
    'the services section "here" of the profile "local"',
  ],
  [
    "the option, before all of these",
    (url) => [
      "[default]\nendpoint_url = http://127.0.0.1:9",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      { endpoint: url, credentials },
    ],
    "client.endpoint",
  ],
])("%s is where requests go, as it is, and the report says so", async (_what, set, from) => {
  const store = await freshStore();
  const [config, env, client] = set(store.endpoint);
  const { report, error } = await syncIn({ ...bare(home(config)), ...env }, { store: store.arn, client });
  expect(error).toBeUndefined();
  expect(report?.endpoint).toEqual({ url: store.endpoint, from });
  expect(store.stats().writesAccepted).toBe(1);
});

test("configured endpoints that are ignored lead to AWS, and the report would name none", async () => {
  const store = await freshStore();
  // Nothing leaves this machine: a proxy hears where it was to go, and refuses.
  const proxy = await serve(() => [407, {}, ""]);
  const env = { AWS_ENDPOINT_URL: store.endpoint, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
  await syncIn({ ...bare(), ...env, HTTPS_PROXY: proxy.url }, { store: store.arn, client: { credentials } });
  expect(proxy.got.map(({ url }) => url)).toEqual(["123456789012.cloudfront-kvs.global.api.aws:443"]);
  expect(store.stats().total).toBe(0);
});

test("an endpoint that is none is refused before anything is sent, and not shown", async () => {
  const env = { AWS_ENDPOINT_URL: "http://user:hidden@127.0.0.1:9" };
  const { error } = await syncIn({ ...bare(), ...env }, { client: { credentials } });
  expect(error?.code).toBe("INVALID_OPTION");
  expect(error?.message).toMatch(/AWS_ENDPOINT_URL holds credentials/);
  expect(error?.message).not.toContain("hidden");
});

test("a program that changes its environment between two calls sends the second one where it says then", async () => {
  const [first, second] = [await freshStore(), await freshStore()];
  const options = {
    store: first.arn,
    router: "678a",
    owner: "o",
    routes: { "/a": "https://a.example" },
    client: { credentials },
  };
  const program = `
    const { syncRoutes } = require("routesync");
    const to = (url) => {
      process.env.AWS_ENDPOINT_URL = url;
      return syncRoutes(${JSON.stringify(options)}).then(({ endpoint }) => endpoint.url, ({ code }) => code);
    };
    to(${JSON.stringify(first.endpoint)}).then(async (one) => {
      console.log(JSON.stringify([one, await to(${JSON.stringify(second.endpoint)})]));
    });
  `;
  // The second one knows no store of that ARN.
  expect(JSON.parse(await node(["-e", program], root, bare()))).toEqual([first.endpoint, "STORE_GONE"]);
  expect(second.stats().total).toBe(1);
});

test("the command line shows an endpoint that the shell is set up for: the plan, the deploy, doctor", async () => {
  const store = await freshStore();
  const config = { store: store.arn, router: "678a", owner: "shop/test", routes: ROUTES };
  const at = { cwd: folder({ "routes.config.json": config }), env: { AWS_ENDPOINT_URL: store.endpoint } };
  const where = `at ${store.endpoint}, not at AWS, by AWS_ENDPOINT_URL`;
  expect((await cli(["plan"], at)).stdout).toContain(where);
  expect((await cli(["plan", "--markdown"], at)).stdout).toContain(where);
  expect((await cli(["sync"], at)).stdout).toContain(where);
  expect((await cli(["doctor"], at)).stdout).toContain(
    `endpoint               ${store.endpoint}, by AWS_ENDPOINT_URL`,
  );
});

test("doctor says of keys of a profile which it is and how it comes by them, and nothing is cut within a word", async () => {
  const store = await freshStore();
  const expiration = "2098-12-31T00:00:00Z";
  const printed = JSON.stringify({
    Version: 1,
    AccessKeyId: "AKIAPROCESS",
    SecretAccessKey: "s",
    Expiration: expiration,
  });
  const failing = `echo ${"the vault is sealed and ".repeat(100)}no key comes out >&2; exit 1`;
  const files = home(
    `[profile process]\ncredential_process = echo '${printed}'\n[profile broken]\ncredential_process = ${failing}`,
  );
  const config = {
    store: store.arn,
    client: { endpoint: store.endpoint },
    router: "678a",
    owner: "o",
    routes: {},
  };
  const at = { cwd: folder({ "routes.config.json": config }), env: environment({ HOME: files }) };
  const fine = await cli(["doctor", "--profile", "process"], at);
  expect(fine.stdout).toMatch(
    /✓ credentials +AKIAPROCESS from the profile "process" \(a credential process\), for \d\d more years/,
  );
  const broken = await cli(["doctor", "--profile", "broken"], at);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(/✗ credentials .*(the|vault|is|sealed|and)…$/mu);
  // The environment has keys, but they are not used instead.
  const missing = await cli(["doctor", "--profile", "nobody"], at);
  expect(missing.code).toBe(1);
  expect(missing.stdout).toMatch(/✗ credentials +the profile "nobody" does not exist in/);
});

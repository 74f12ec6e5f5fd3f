/** A proxy that answers in place of the service: its answers are not treated as the service's, and the error names the proxy. */
import { expect, test } from "@jest/globals";

import { bare, home, nobody, ROLE, serve, syncIn } from "./support/aws";
import { cli, environment, folder } from "./support/cli";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "not-a-secret" };
const HOST = "kvs.routesync.invalid";
const PAGE = "<!DOCTYPE html><html><title>Blocked by policy</title></html>";
const HTML = { "content-type": "text/html; charset=utf-8" };

const blocked = (message: string | undefined) => {
  expect(message).toMatch(/a proxy or a firewall between|the proxy http/);
  expect(message).toMatch(/allow this host in the proxy or firewall/);
  expect(message).not.toMatch(/check the credentials|please report/);
};

test.each<[string, number, object, string]>([
  ["an HTML 403", 403, HTML, PAGE],
  ["an HTML 403 that says it is JSON", 403, { "content-type": "application/json" }, PAGE],
  ["a 403 of a few words", 403, { "content-type": "text/plain" }, "RBAC: access denied"],
  ["an HTML 401", 401, HTML, PAGE],
  ["an HTML 451", 451, HTML, PAGE],
])("%s is UNREACHABLE at once, and no refusal of the service", async (_what, status, headers, body) => {
  const server = await serve(() => [status, headers, body]);
  const { error } = await syncIn(bare(), { client: { endpoint: server.url, credentials } });
  expect(error?.code).toBe("UNREACHABLE");
  blocked(error?.message);
  expect(error?.message).toContain(`HTTP ${status}`);
  expect(server.got).toHaveLength(1);
});

test.each([
  ["an HTML 503", 503],
  ["a login page with status 200", 200],
])(
  "%s is tried again, since a write may have been applied, and is said to be a page",
  async (_what, status) => {
    const server = await serve(() => [status, HTML, PAGE]);
    const { error } = await syncIn(bare(), { client: { endpoint: server.url, credentials }, deadline: 1 });
    expect(error?.code).toBe("DEADLINE_EXCEEDED");
    expect(error?.message).toMatch(new RegExp(`HTTP ${status}.*an HTML page, which comes from a proxy`));
    expect(server.got.length).toBeGreaterThan(1);
  },
);

test("a refusal of the service is one still", async () => {
  const headers = { "content-type": "application/json", "x-amzn-errortype": "AccessDeniedException" };
  const server = await serve(() => [403, headers, '{"Message":"no"}']);
  const { error } = await syncIn(bare(), { client: { endpoint: server.url, credentials } });
  expect(error?.code).toBe("ACCESS_DENIED");
});

test.each([
  ["for a tunnel", "https", "HTTPS_PROXY"],
  ["for a request", "http", "HTTP_PROXY"],
])(
  "a proxy that wants a login %s is named, without the one it was given",
  async (_what, scheme, variable) => {
    const proxy = await serve(() => [407, HTML, PAGE]);
    const withLogin = proxy.url.replace("http://", "http://me:wrong-login@");
    const { error } = await syncIn(
      { ...bare(), [variable]: withLogin },
      { client: { endpoint: `${scheme}://${HOST}`, credentials } },
    );
    expect(error?.code).toBe("UNREACHABLE");
    expect(error?.message).toContain(
      `HTTP 407: the proxy ${proxy.url} between this machine and ${scheme}://${HOST} requires a login`,
    );
    expect(error?.message).not.toMatch(/wrong-login|please report/);
    expect(proxy.got).toHaveLength(1);
  },
);

test("a proxy that refuses a request or a tunnel, or is not there, is named", async () => {
  const proxy = await serve(() => [403, HTML, PAGE]);
  const of = async (variable: string, url: string, scheme: string) => {
    const env = { ...bare(), [variable]: url };
    return (await syncIn(env, { client: { endpoint: `${scheme}://${HOST}`, credentials } })).error;
  };
  for (const [variable, scheme] of [
    ["HTTPS_PROXY", "https"],
    ["HTTP_PROXY", "http"],
  ] as const) {
    const error = await of(variable, proxy.url, scheme);
    expect(error?.code).toBe("UNREACHABLE");
    expect(error?.message).toContain(`the proxy ${proxy.url}`);
    blocked(error?.message);
    const url = await nobody();
    expect((await of(variable, url, scheme))?.message).toContain(`the proxy ${url}`);
  }
});

test("a proxy before STS is told from STS", async () => {
  const page = await serve(() => [403, HTML, PAGE]);
  const config = `[profile role]\nrole_arn = ${ROLE}\ncredential_source = Environment`;
  const env = {
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_ENDPOINT_URL_STS: page.url,
  };
  const { error } = await syncIn(
    { ...bare(home(config)), ...env },
    { client: { endpoint: "http://127.0.0.1:9", profile: "role" } },
  );
  expect(error?.code).toBe("UNREACHABLE");
  expect(error?.message).toContain(page.url);
  blocked(error?.message);
});

test("doctor names the proxy as well, and no check of permissions fails for it", async () => {
  const server = await serve(() => [403, HTML, PAGE]);
  const store = "arn:aws:cloudfront::123456789012:key-value-store/7e8a-11";
  const config = { store, client: { endpoint: server.url }, router: "678a", owner: "o", routes: {} };
  const at = { cwd: folder({ "routes.config.json": config }), env: environment() };
  const { stdout, code } = await cli(["doctor"], at);
  expect(code).toBe(1);
  expect(stdout).toMatch(/✗ host .*HTTP 403.*a proxy or a firewall between/);
  expect(stdout).toMatch(/\? DescribeKeyValueStore/);
});

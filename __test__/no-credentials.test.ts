/** Configured credentials that cannot be loaded are an error immediately, with the profile, file or host at fault and a remedy. */
import { expect, test } from "@jest/globals";

import {
  bare,
  breaks,
  home,
  login,
  nobody,
  type Noted,
  refusingSso,
  refusingSts,
  ROLE,
  serve,
  syncIn,
} from "./support/aws";
import { node, root } from "./support/run";
import { freshStore } from "./support/store";

/** The time limit in milliseconds. A call that waits for the default deadline of two minutes exceeds it. */
const AT_ONCE_MS = 15_000;
const START = "https://corp.awsapps.com/start";
const CONFIG = `
[profile legacy]
sso_region = eu-central-1
sso_start_url = ${START}
sso_account_id = 123456789012
sso_role_name = deploys
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = deploys
[sso-session corp]
sso_region = eu-central-1
sso_start_url = ${START}
[profile sso-role]
role_arn = ${ROLE}
source_profile = sso
[profile role]
role_arn = ${ROLE}
source_profile = fixed
[profile fixed]
aws_access_key_id = AKIAFIXED
aws_secret_access_key = fixed-secret
[profile web]
role_arn = ${ROLE}
web_identity_token_file = /nowhere/token
[profile process]
credential_process = echo the vault is sealed >&2; exit 3
[profile login]
login_session = arn:aws:iam::123456789012:user/x
[profile lost]
role_arn = ${ROLE}
source_profile = nobody
`;

async function refused(client: object, env: Record<string, string> = {}, files: Record<string, string> = {}) {
  const store = await freshStore();
  const { error } = await syncIn(
    { ...bare(home(CONFIG, files)), ...env },
    { store: store.arn, client: { endpoint: store.endpoint, ...client } },
  );
  expect(store.stats().total).toBe(0);
  // The host at fault is never the store's.
  expect(error?.message).not.toContain(store.endpoint);
  expect(error?.message).not.toMatch(/-secret|sso-token/);
  expect(error?.ms).toBeLessThan(AT_ONCE_MS);
  return error as NonNullable<typeof error>;
}

test.each<[string, string, RegExp[], Record<string, string>?]>([
  [
    "SSO without a login, as it was before sessions",
    "legacy",
    [/aws sso login --profile legacy/, /sso.cache/],
  ],
  [
    "an SSO session without a login",
    "sso",
    [/"sso" \(an SSO session\)/, /aws sso login --profile sso`/, /sso.cache/],
  ],
  ["an SSO session that has ended", "sso", [/expired/, /aws sso login --profile sso`/], login("corp", 0)],
  ["a role by an SSO session without a login", "sso-role", [/"sso-role"/, /aws sso login --profile sso`/]],
  ["a web identity without its file", "web", [/the profile "web"/, /\/nowhere\/token/, /No such file/]],
  ["a credential process that fails", "process", [/the profile "process"/, /the vault is sealed/, /3/]],
  ["a login session, which is not read", "login", [/aws configure export-credentials --profile login/]],
  ["a role by a profile that is not there", "lost", [/"lost"/, /nobody/]],
])("%s is NO_CREDENTIALS at once, with what to do about it", async (_what, profile, words, files = {}) => {
  const error = await refused({ profile }, {}, files);
  expect({ code: error.code, retryable: error.retryable }).toEqual({
    code: "NO_CREDENTIALS",
    retryable: false,
  });
  for (const one of words) expect(error.message).toMatch(one);
  // Messages of the SDK that do not help users.
  expect(error.message).not.toMatch(/cargo|feature|Error \{|unhandled|not enabled/);
});

test.each([
  ["AWS_PROFILE names SSO without a login", { AWS_PROFILE: "legacy" }, [/aws sso login --profile legacy/]],
  [
    "the environment names a token that is missing",
    { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/env" },
    [/AWS_WEB_IDENTITY_TOKEN_FILE/, /\/nowhere\/env/],
  ],
  ["AWS_PROFILE names a profile that is not there", { AWS_PROFILE: "gone" }, [/AWS_PROFILE: .*"gone"/]],
])("%s: NO_CREDENTIALS at once, from AWS's default chain too", async (_what, env, words) => {
  const error = await refused({}, env);
  expect(error.code).toBe("NO_CREDENTIALS");
  for (const one of words) expect(error.message).toMatch(one);
});

const LONG = `User: arn:aws:iam::123456789012:user/${"ci-".repeat(40)}x is not authorized to perform: sts:AssumeRole on resource: ${ROLE} because no identity-based policy allows the sts:AssumeRole action, which is the end of it`;

test.each<[string, () => Promise<Noted>, string, object, RegExp[]]>([
  [
    "STS that refuses the role of a profile",
    () => refusingSts(403, "AccessDenied", LONG),
    "STS",
    { profile: "role" },
    [/the profile "role"/, /AccessDenied/, /which is the end of it/],
  ],
  [
    "STS that refuses client.assumeRole",
    () => refusingSts(403, "AccessDenied", LONG),
    "STS",
    { profile: "fixed", assumeRole: { arn: ROLE } },
    [/client\.assumeRole \(arn:aws:iam/, /which is the end of it/],
  ],
  [
    "SSO that knows the login no more",
    () => refusingSso(401, "UnauthorizedException", "Session token not found or invalid"),
    "SSO",
    { profile: "legacy" },
    [/Session token not found or invalid/, /aws sso login --profile legacy/],
  ],
  [
    "SSO that refuses the role",
    () => refusingSso(403, "ForbiddenException", "No access"),
    "SSO",
    { profile: "legacy" },
    [/No access/, /check sso_account_id and sso_role_name/],
  ],
])(
  "%s is NO_CREDENTIALS with its whole message and its host",
  async (_what, start, service, client, words) => {
    const server = await start();
    const error = await refused(client, { [`AWS_ENDPOINT_URL_${service}`]: server.url }, login(START));
    expect(error.code).toBe("NO_CREDENTIALS");
    for (const one of [...words, new RegExp(server.url)]) expect(error.message).toMatch(one);
    expect(server.got).toHaveLength(1);
  },
);

test.each<[string, string, object]>([
  ["SSO", "SSO", { profile: "legacy" }],
  ["STS for a profile's role", "STS", { profile: "role" }],
  ["STS for client.assumeRole", "STS", { profile: "fixed", assumeRole: { arn: ROLE } }],
])("%s that cannot be reached is UNREACHABLE, and its host is named", async (_what, service, client) => {
  const url = await nobody();
  const error = await refused(client, { [`AWS_ENDPOINT_URL_${service}`]: url }, login(START));
  expect({ code: error.code, retryable: error.retryable }).toEqual({ code: "UNREACHABLE", retryable: true });
  expect(error.message).toContain(`${url} could not be reached`);
});

test.each<[string, () => Promise<{ url: string; got: unknown[] }>, RegExp]>([
  ["is down", () => serve(() => [503, {}, ""]), /answered HTTP 503/],
  ["breaks each connection", breaks, /broke/],
])(
  "STS that %s is asked again and is UNREACHABLE at last, with its host: no write is in doubt",
  async (_what, start, words) => {
    const server = await start();
    const error = await refused({ profile: "role" }, { AWS_ENDPOINT_URL_STS: server.url });
    expect({ code: error.code, retryable: error.retryable }).toEqual({
      code: "UNREACHABLE",
      retryable: true,
    });
    expect(error.message).toContain(server.url);
    expect(error.message).toMatch(words);
    expect(server.got.length).toBeGreaterThan(1);
  },
);

test("STS that is down for a while is asked again", async () => {
  const keys = { id: "ASIAROLE", secret: "role-secret", token: "role-token" };
  let times = 0;
  const xml = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>A:ci</AssumedRoleId><Arn>${ROLE}/ci</Arn></AssumedRoleUser><Credentials><AccessKeyId>${keys.id}</AccessKeyId><SecretAccessKey>${keys.secret}</SecretAccessKey><SessionToken>${keys.token}</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  const flaky = await serve(() =>
    (times += 1) < 3 ? [503, {}, ""] : [200, { "content-type": "text/xml" }, xml],
  );
  const store = await freshStore();
  const { report } = await syncIn(
    { ...bare(home(CONFIG)), AWS_ENDPOINT_URL_STS: flaky.url },
    { store: store.arn, client: { endpoint: store.endpoint, profile: "role" } },
  );
  expect(report?.added).toEqual(["/a"]);
  expect(times).toBe(3);
});

test("whoever signs in meanwhile is heard: a failure is not kept", async () => {
  const store = await freshStore();
  const folder = home("[profile late]\ncredential_process = cat keys.json");
  const printed = { Version: 1, AccessKeyId: "AKIALATE", SecretAccessKey: "late-secret" };
  const program = `
    const { syncRoutes } = require("routesync");
    const options = ${JSON.stringify({ store: store.arn, router: "678a", owner: "o", routes: { "/a": "https://a.example" } })};
    options.client = { endpoint: ${JSON.stringify(store.endpoint)}, profile: "late" };
    const { writeFileSync, rmSync } = require("node:fs");
    process.chdir(${JSON.stringify(folder)});
    const first = syncRoutes(options).catch((error) => error.code);
    first.then(async (code) => {
      const again = await syncRoutes(options).catch((error) => error.message);
      writeFileSync("keys.json", ${JSON.stringify(JSON.stringify(printed))});
      console.log(JSON.stringify({ code, again, added: (await syncRoutes(options)).added }));
    });
  `;
  const found = JSON.parse(await node(["-e", program], root, bare(folder))) as Record<string, unknown>;
  expect(found).toMatchObject({ code: "NO_CREDENTIALS", added: ["/a"] });
  expect(found["again"]).toMatch(/keys\.json/);
});

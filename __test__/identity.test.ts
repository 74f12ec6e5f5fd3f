/** The credentials that sign: a named profile decides alone, independent of the environment, as with the AWS CLI. */
import { expect, test } from "@jest/globals";

import { bare, home, type Keys, login, ROLE, sso, sts, syncIn, tap } from "./support/aws";
import { signerOf } from "./support/sigv4a";
import { freshStore } from "./support/store";

const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT", AWS_SECRET_ACCESS_KEY: "environment-secret" };
const FIXED = { id: "AKIAFIXED", secret: "fixed-secret" };
const BY_STS: Keys = { id: "ASIAROLE", secret: "role-secret", token: "role-token" };
const BY_SSO: Keys = { id: "ASIASSO", secret: "sso-secret", token: "sso-token" };
const START = "https://corp.awsapps.com/start";

const printed = JSON.stringify({ Version: 1, AccessKeyId: "AKIAPROCESS", SecretAccessKey: "process-secret" });
const KEYS = `aws_access_key_id = ${FIXED.id}\naws_secret_access_key = ${FIXED.secret}`;
const PORTAL = `sso_region = eu-central-1\nsso_start_url = ${START}`;
const ACCOUNT = "sso_account_id = 123456789012\nsso_role_name = deploys";

const CONFIG = (token: string) => `
[profile fixed]
${KEYS}
[profile role]
role_arn = ${ROLE}
source_profile = fixed
[profile source]
role_arn = ${ROLE}
credential_source = Environment
[profile legacy-sso]
${PORTAL}
${ACCOUNT}
[profile sso]
sso_session = corp
${ACCOUNT}
[sso-session corp]
${PORTAL}
[profile sso-role]
role_arn = ${ROLE}
source_profile = sso
[profile process]
credential_process = echo '${printed}'
[profile web]
role_arn = ${ROLE}
web_identity_token_file = ${token}
[profile region]
region = eu-central-1
`;

/** The ids of the keys that signed the requests to the store, and of those that signed the requests to STS. */
async function signers(env: Record<string, string>, client: object, secret: string) {
  const store = await freshStore();
  const [tapped, role, portal] = [await tap(store.endpoint), await sts(BY_STS), await sso(BY_SSO)];
  const token = home("", { token: "web-identity-token" });
  const files = { ...login(START), ...login("corp") };
  const folder = home(CONFIG(`${token}/token`), files);
  const settled = await syncIn(
    { ...bare(folder), AWS_ENDPOINT_URL_STS: role.url, AWS_ENDPOINT_URL_SSO: portal.url, ...env },
    { store: store.arn, client: { endpoint: tapped.url, ...client } },
  );
  expect(settled.error).toBeUndefined();
  expect(tapped.got.length).toBeGreaterThan(2);
  const asked = role.got.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1]);
  return { store: new Set(tapped.got.map((got) => signerOf(got, secret))), asked, portal: portal.got.length };
}

test.each([
  ["fixed keys", "fixed", FIXED, [], 0],
  ["a role with a source_profile", "role", BY_STS, [FIXED.id], 0],
  ["a role with a credential_source", "source", BY_STS, ["AKIAENVIRONMENT"], 0],
  ["SSO as it was before sessions", "legacy-sso", BY_SSO, [], 1],
  ["an SSO session", "sso", BY_SSO, [], 1],
  ["a role by an SSO session", "sso-role", BY_STS, [BY_SSO.id], 1],
  ["a credential process", "process", { id: "AKIAPROCESS", secret: "process-secret" }, [], 0],
  // STS is asked without a signature: the token is the proof.
  ["a web identity", "web", BY_STS, [undefined], 0],
])(
  "a profile with %s signs, and not the keys of the environment",
  async (_kind, profile, keys, asked, portal) => {
    const found = await signers(ENVIRONMENT, { profile }, keys.secret);
    expect(found).toEqual({ store: new Set([keys.id]), asked, portal });
  },
);

test("AWS_PROFILE alone goes after the keys of the environment, and a profile that is named before both", async () => {
  const both = { ...ENVIRONMENT, AWS_PROFILE: "process" };
  const of = async (env: Record<string, string>, client: object, secret: string) => [
    ...(await signers(env, client, secret)).store,
  ];
  expect(await of(both, {}, "environment-secret")).toEqual(["AKIAENVIRONMENT"]);
  expect(await of({ AWS_PROFILE: "process" }, {}, "process-secret")).toEqual(["AKIAPROCESS"]);
  expect(await of(both, { profile: "fixed" }, FIXED.secret)).toEqual([FIXED.id]);
});

test.each([
  ["that does not exist", "nobody", /"nobody" does not exist in .*there are fixed, legacy-sso/],
  ["without credentials", "region", /the profile "region" has no credentials/],
  ["that does not exist, named default", "default", /"default" does not exist in/],
])(
  "a profile %s is NO_CREDENTIALS, and the environment does not stand in for it",
  async (_what, profile, words) => {
    const store = await freshStore();
    const folder = home(CONFIG("/nowhere"));
    const { error } = await syncIn(
      { ...bare(folder), ...ENVIRONMENT },
      { store: store.arn, client: { endpoint: store.endpoint, profile } },
    );
    expect(error?.code).toBe("NO_CREDENTIALS");
    expect(error?.message).toMatch(words);
    expect(store.stats().total).toBe(0);
  },
);

test("a profile beside credentials is refused: only one can sign", async () => {
  const { error } = await syncIn(bare(), {
    client: {
      profile: "deploy",
      credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "not-a-secret" },
    },
  });
  expect(error?.code).toBe("INVALID_OPTION");
  expect(error?.message).toMatch(/client\.profile.*client\.credentials/);
});

test("an SSO session is asked once for all requests of a call, also of calls at once", async () => {
  const found = await signers({}, { profile: "sso" }, BY_SSO.secret);
  expect(found.portal).toBe(1);
});

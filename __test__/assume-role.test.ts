/** `client.assumeRole` with a local STS: only its credentials sign the requests to the store. */
import { expect, test } from "@jest/globals";

import { bare, ROLE, sts, syncIn, tap } from "./support/aws";
import { type Signed, signerOf } from "./support/sigv4a";
import { freshStore } from "./support/store";

const BASE = { accessKeyId: "AKIABASE", secretAccessKey: "base-secret" };
const ASSUMED = { id: "ASIAASSUMED", secret: "assumed-secret", token: "assumed-token" };

test("a role's credentials come from STS, asked with the base ones, and sign every request to the store", async () => {
  const store = await freshStore();
  const [asked, tapped] = [await sts(ASSUMED), await tap(store.endpoint)];
  const assumeRole = { arn: ROLE, externalId: "external", sessionName: "ci", region: "eu-central-1" };
  const client = { endpoint: tapped.url, credentials: BASE, assumeRole };
  const { report } = await syncIn(
    { ...bare(), AWS_ENDPOINT_URL_STS: asked.url },
    { store: store.arn, client },
  );
  expect(report?.added).toEqual(["/a"]);

  // One question, signed with the base credentials for the region that was named.
  expect(asked.got).toHaveLength(1);
  const [question] = asked.got as [Signed];
  expect(question.headers.authorization).toMatch(
    /Credential=AKIABASE\/\d{8}\/eu-central-1\/sts\/aws4_request/,
  );
  expect(Object.fromEntries(new URLSearchParams(question.body))).toMatchObject({
    Action: "AssumeRole",
    RoleArn: ROLE,
    RoleSessionName: "ci",
    ExternalId: "external",
  });

  // Every request to the store, writes too, with the role's; the token is signed as well.
  expect(tapped.got.map(({ method }) => method)).toContain("POST");
  for (const got of tapped.got) {
    expect(signerOf(got, ASSUMED.secret)).toBe(ASSUMED.id);
    expect(() => signerOf(got, BASE.secretAccessKey)).toThrow("not made with this secret");
    expect(got.headers["x-amz-security-token"]).toBe(ASSUMED.token);
    expect(got.headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
  }
}, 60_000);

/** `client.assumeRole` against an STS that answers: its credentials, and no others, sign what the store gets. */
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";

import { afterEach, expect, test } from "@jest/globals";

import { node, root } from "./support/run";
import { type Signed, signerOf } from "./support/sigv4a";
import { freshStore } from "./support/store";

const BASE = { accessKeyId: "AKIABASE", secretAccessKey: "base-secret" };
const ASSUMED = { id: "ASIAASSUMED", secret: "assumed-secret", token: "assumed-token" };
const ROLE = "arn:aws:iam::123456789012:role/deploys";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server that notes what it gets; `answer` is its status, headers and body. */
async function serve(answer: (got: Signed) => Promise<[number, object, Buffer]>) {
  const got: Signed[] = [];
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const one = { method, url, headers, body: Buffer.concat(parts).toString() };
      got.push(one);
      void answer(one).then(([status, head, body]) => outgoing.writeHead(status, { ...head }).end(body));
    });
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

/** The XML that STS answers `AssumeRole` with. */
function sts() {
  const xml = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:ci</AssumedRoleId><Arn>${ROLE}/ci</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${ASSUMED.id}</AccessKeyId><SecretAccessKey>${ASSUMED.secret}</SecretAccessKey>
<SessionToken>${ASSUMED.token}</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`;
  return serve(async () => [200, { "content-type": "text/xml" }, Buffer.from(xml)]);
}

/** Passes every request on to the store at `endpoint`. */
function tap(endpoint: string) {
  return serve(
    ({ method, url, headers, body }) =>
      new Promise((resolve, reject) => {
        const passed = request(`${endpoint}${url}`, { method, headers }, (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => resolve([answer.statusCode ?? 500, answer.headers, Buffer.concat(parts)]));
        });
        passed.on("error", reject).end(body);
      }),
  );
}

test("a role's credentials come from STS, asked with the base ones, and sign every request to the store", async () => {
  const store = await freshStore();
  const [asked, tapped] = [await sts(), await tap(store.endpoint)];
  const assumeRole = { arn: ROLE, externalId: "external", sessionName: "ci", region: "eu-central-1" };
  const options = {
    store: store.arn,
    client: { endpoint: tapped.url, credentials: BASE, assumeRole },
    router: "678a",
    owner: "shop/test",
    routes: { "/a": "https://a.example" },
  };
  const program = `require("routesync").syncRoutes(${JSON.stringify(options)}).then(({ added }) => console.log(added.join()));`;
  const env = { PATH: process.env["PATH"], HOME: tmpdir(), AWS_ENDPOINT_URL_STS: asked.url };
  expect((await node(["-e", program], root, env)).trim()).toBe("/a");

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

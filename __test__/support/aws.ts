/** AWS's credential services and a proxy, as real servers on loopback, and the files of AWS's configuration. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, afterEach } from "@jest/globals";

import { node, root } from "./run";
import type { Signed } from "./sigv4a";
import type { SyncOptions, SyncReport } from "../../index";

export const ROLE = "arn:aws:iam::123456789012:role/deploys";

const servers: Server[] = [];
const homes: string[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => {
  for (const made of homes) rmSync(made, { recursive: true, force: true });
});

type Answer = [status: number, headers: object, body: Buffer | string];

export interface Noted {
  url: string;
  /** The received requests, in order. The URL of a `CONNECT` is its host and port. */
  got: Signed[];
}

/** A server that records its requests. `answer` returns its status, headers and body, and it also answers `CONNECT` requests with this. */
export async function serve(answer: (got: Signed) => Promise<Answer> | Answer): Promise<Noted> {
  const got: Signed[] = [];
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const one = { method, url, headers, body: Buffer.concat(parts).toString() };
      got.push(one);
      void Promise.resolve(answer(one)).then(([status, head, body]) =>
        outgoing.writeHead(status, { ...head }).end(body),
      );
    });
  });
  server.on("connect", ({ url = "", headers }, socket) => {
    const one = { method: "CONNECT", url, headers, body: "" };
    got.push(one);
    void Promise.resolve(answer(one)).then(([status]) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

/** The address of a port on which no server listens. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

/** A server that closes each connection without an answer. */
export async function breaks(): Promise<{ url: string; got: string[] }> {
  const got: string[] = [];
  const server = createServer(({ url = "", socket }) => {
    got.push(url);
    socket.destroy();
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

/** The credentials that a service returns. */
export interface Keys {
  id: string;
  secret: string;
  token: string;
}

const hour = () => Date.now() + 3_600_000;

/** The answer of STS to `AssumeRole` and `AssumeRoleWithWebIdentity`, with credentials. */
export function sts(keys: Keys): Promise<Noted> {
  return serve(({ body }) => {
    const action = new URLSearchParams(body).get("Action");
    const xml = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:ci</AssumedRoleId><Arn>${ROLE}/ci</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${keys.id}</AccessKeyId><SecretAccessKey>${keys.secret}</SecretAccessKey>
<SessionToken>${keys.token}</SessionToken><Expiration>${new Date(hour()).toISOString()}</Expiration></Credentials>
</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`;
    return [200, { "content-type": "text/xml" }, xml];
  });
}

/** An STS that rejects requests with `code` and `message`. */
export function refusingSts(status: number, code: string, message: string): Promise<Noted> {
  const xml = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
  return serve(() => [status, { "content-type": "text/xml" }, xml]);
}

/** The answer of SSO's portal to `GetRoleCredentials`, with credentials. */
export function sso(keys: Keys): Promise<Noted> {
  const roleCredentials = {
    accessKeyId: keys.id,
    secretAccessKey: keys.secret,
    sessionToken: keys.token,
    expiration: hour(),
  };
  return serve(() => [200, { "content-type": "application/json" }, JSON.stringify({ roleCredentials })]);
}

/** An SSO portal that rejects requests with `code` and `message`. */
export function refusingSso(status: number, code: string, message: string): Promise<Noted> {
  const headers = { "content-type": "application/json", "x-amzn-errortype": code };
  return serve(() => [status, headers, JSON.stringify({ message })]);
}

/** Forwards every request to the store at `endpoint`. */
export function tap(endpoint: string): Promise<Noted> {
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

/** A home folder with `config` in `.aws/config`, and further files. */
export function home(config: string, files: Record<string, string> = {}): string {
  const made = mkdtempSync(join(tmpdir(), "routesync-home-"));
  homes.push(made);
  for (const [name, text] of Object.entries({ ".aws/config": config, ...files })) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  return made;
}

/** The cache file of `aws sso login`, for a session's name, or for a start URL in the older form without sessions. */
export function login(identifier: string, expiresAt = hour()): Record<string, string> {
  const name = createHash("sha1").update(identifier).digest("hex");
  const token = { accessToken: "sso-token", expiresAt: new Date(expiresAt).toISOString() };
  return { [`.aws/sso/cache/${name}.json`]: JSON.stringify(token) };
}

/** An environment without this machine's AWS configuration, and without access to EC2's metadata service. */
export const bare = (folder = tmpdir()): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  AWS_EC2_METADATA_DISABLED: "true",
});

export type Settled =
  | { report: SyncReport; error?: undefined }
  | { report?: undefined; error: { code: string; message: string; retryable: boolean; ms: number } };

/** The outcome of `syncRoutes` in a process with the environment `env`. */
export async function syncIn(env: Record<string, string>, options: Partial<SyncOptions>): Promise<Settled> {
  const whole = {
    store: "arn:aws:cloudfront::123456789012:key-value-store/7e8a-11",
    router: "678a",
    owner: "shop/test",
    routes: { "/a": "https://a.example" },
    retry: { firstWait: 0.02, maxWait: 0.1 },
    ...options,
  };
  const program = `
    const { syncRoutes } = require("routesync");
    const since = performance.now();
    syncRoutes(${JSON.stringify(whole)}).then(
      (report) => ({ report }),
      ({ code, message, retryable }) => ({ error: { code, message, retryable, ms: performance.now() - since } }),
    ).then((settled) => console.log(JSON.stringify(settled)));
  `;
  return JSON.parse(await node(["-e", program], root, env)) as Settled;
}

/**
 * What a deploy reaches instead of AWS, all of it on loopback: the KeyValueStores, the control plane that SST's command
 * waits for, and the answers of the stand-in plugins.
 */
import { once } from "node:events";
import http from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { startLocalStore } from "../../../lib/testing";
import type { LocalStore } from "../../../lib/testing";
import { Resources } from "./resources";
import type { Question } from "./resources";
import { Watch } from "./watch";

/**
 * AWS's SDK puts the account in front of the host of a configured endpoint, and there is no name service for
 * `<account>.127.0.0.1`. So the endpoint is a name that nobody owns, and {@link Cloud} is the proxy for it.
 */
const KVS_HOST = "kvs.invalid";
/** Where the plugins ask. */
const ANSWERS = "/answers";

const ACCOUNT = "123456789012";
const XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/";
/** Higher than any that SST knows, so that it prepares nothing in the account. */
const BOOTSTRAP_VERSION = 99;

type Reply = [status: number, body?: string | object, headers?: Record<string, string>];

export class Cloud {
  readonly resources: Resources;
  readonly watch: Watch;
  private readonly unknown: string[] = [];
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 512 });
  private readonly server = http.createServer((request, response) => {
    this.serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  private constructor(readonly store: LocalStore) {
    this.resources = new Resources(store);
    this.watch = new Watch(store);
  }

  static async start(latencyMs = 0): Promise<Cloud> {
    const cloud = new Cloud(await startLocalStore({ latencyMs }));
    cloud.server.listen(0, "127.0.0.1");
    await once(cloud.server, "listening");
    return cloud;
  }

  /** Where the stand-in plugins ask for their answers. */
  get answers(): string {
    return this.url + ANSWERS;
  }

  /** What brings SST's command here. */
  get env(): Record<string, string> {
    const { accessKeyId = "", secretAccessKey = "" } = this.store.client.credentials ?? {};
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: `http://${KVS_HOST}:80`,
      // Go and routesync never use a proxy for loopback.
      HTTP_PROXY: this.url,
      // Whatever would leave this machine fails.
      HTTPS_PROXY: this.url,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** Requests that nothing here answers. There are to be none. */
  unanswered(): string[] {
    return this.unknown.splice(0);
  }

  async close(): Promise<void> {
    this.agent.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.store.close();
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "/" } = request;
    if (url.startsWith("http://")) {
      const { host, path } = /^http:\/\/(?<host>[^/:]*)(?::\d+)?(?<path>\/.*)$/u.exec(url)?.groups ?? {};
      if (path !== undefined && (host === KVS_HOST || host?.endsWith(`.${KVS_HOST}`))) {
        return this.relay(request, response, path);
      }
      this.unknown.push(`${request.method} ${url}`);
      return send(response, [403, "nothing but the KeyValueStores is behind this proxy"]);
    }
    if (url === ANSWERS) {
      const asked = JSON.parse(await bodyOf(request)) as Question;
      return send(response, [200, await this.resources.answer(asked)]);
    }
    const reply = await controlPlane(request, await bodyOf(request));
    if (reply) return send(response, reply);
    this.unknown.push(`${request.method} ${url} ${request.headers["x-amz-target"] ?? ""}`);
    return send(response, [404, "not needed so far"]);
  }

  private async relay(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { hostname, port } = new URL(this.store.endpoint);
    const { method, headers } = request;
    const onward = http.request({ hostname, port, method, headers, path, agent: this.agent });
    request.pipe(onward);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }
}

/** What SST's command asks AWS itself, without Pulumi. */
async function controlPlane(
  { method, url = "", headers }: IncomingMessage,
  body: string,
): Promise<Reply | undefined> {
  const xml = { "content-type": "text/xml" };
  switch (headers["x-amz-target"]) {
    case "AmazonSSM.GetParameter": {
      const bootstrap = { version: BOOTSTRAP_VERSION, asset: "sst-asset-e2e", state: "sst-state-e2e" };
      const json = { "content-type": "application/x-amz-json-1.1" };
      return [200, { Parameter: { Name: "/sst/bootstrap", Value: JSON.stringify(bootstrap) } }, json];
    }
    case undefined:
      break;
    default:
      return undefined;
  }
  if (body.includes("Action=GetCallerIdentity")) {
    const its = `<Arn>arn:aws:iam::${ACCOUNT}:user/e2e</Arn><UserId>e2e</UserId><Account>${ACCOUNT}</Account>`;
    const result = `<GetCallerIdentityResult>${its}</GetCallerIdentityResult>`;
    return [200, `<GetCallerIdentityResponse xmlns="${XMLNS}">${result}</GetCallerIdentityResponse>`, xml];
  }
  if (method === "POST" && /^\/2020-05-31\/distribution\/[^/]+\/invalidation/u.test(url)) {
    return [201, "<Invalidation><Id>I1</Id><Status>Completed</Status></Invalidation>", xml];
  }
  if (method === "GET" && url.startsWith("/2020-05-31/distribution/")) {
    return [200, "<Distribution><Id>E1</Id><Status>Deployed</Status></Distribution>", { ...xml, etag: "E" }];
  }
  // Files of a site, in S3.
  if (method === "PUT") return [200, "", { etag: '"e2e"' }];
  if (method === "DELETE") return [204];
  return undefined;
}

function send(response: ServerResponse, [status, body = "", headers = {}]: Reply): void {
  response.writeHead(status, headers);
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

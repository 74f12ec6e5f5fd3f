/** A local edge for each test, small servers as origins, and requests with any host and target. */
import { createServer, type IncomingHttpHeaders, request, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";

import { afterEach } from "@jest/globals";

import { startLocalEdge } from "../../lib/testing";
import type { LocalEdge, LocalEdgeOptions } from "../../lib/testing";

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

/** Starts an edge, which is closed after the test. */
export async function freshEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  const edge = await startLocalEdge(options);
  open.push(edge);
  return edge;
}

/** What an origin without a listener of its own answers. */
export interface Echo {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Starts an origin, which is closed after the test, and returns its URL. */
export async function origin(listener: RequestListener = echo): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  open.push({ close });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo: RequestListener = (incoming, response) => {
  const { method, url, headers } = incoming;
  let body = "";
  incoming.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
  incoming.on("end", () => response.end(JSON.stringify({ method, url, headers, body })));
};

export interface Asked {
  method?: string;
  host?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

export interface Got {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a request. The path is sent as it is. */
export function ask(
  edge: LocalEdge,
  path: string,
  { method = "GET", host = "a.example", headers = {}, body }: Asked = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { port } = edge;
    const sent = request({
      host: "127.0.0.1",
      port,
      path,
      method,
      headers: { host, ...headers },
      agent: false,
    });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    sent.end(body);
  });
}

/** The request that reached an origin which echoes it. */
export async function echoed(edge: LocalEdge, path: string, how?: Asked): Promise<Echo> {
  const { status, body } = await ask(edge, path, how);
  if (status !== 200) throw new Error(`${status}: ${body}`);
  return JSON.parse(body) as Echo;
}

/** Sends bytes, and returns all that comes back until the connection ends. */
export function raw({ port }: LocalEdge, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (got += chunk));
    socket.on("error", reject).on("close", () => resolve(got));
  });
}

/** The text of a function with this body. */
export const fn = (body: string): string =>
  `import cf from "cloudfront";\nasync function handler(event) {\nconst request = event.request;\n${body}\n}`;

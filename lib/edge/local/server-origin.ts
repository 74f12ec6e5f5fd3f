/** Forwards a request to a local server in the place of an HTTP origin. */
import { type IncomingMessage, request as httpRequest } from "node:http";

import type { EdgeOrigin, EdgeRequest } from "../runtime";
import type { Answer } from "./answer";
import { endToEnd, grouped, listed, pairs } from "./headers";
import { Refusal } from "./refusal";
import { viewerIp } from "./viewer";

/** CloudFront's default. */
const READ_TIMEOUT_SECONDS = 30;

/** What is forwarded. */
export interface Forwarded {
  request: EdgeRequest;
  /** The path and the query string. */
  path: string;
  origin: EdgeOrigin | undefined;
  viewer: IncomingMessage;
  /** Aborted when the viewer is gone. */
  signal: AbortSignal;
}

export function fromServer(
  server: URL,
  { request, path, origin, viewer, signal }: Forwarded,
): Promise<Answer> {
  const seconds = origin?.timeouts?.["readTimeout"] ?? READ_TIMEOUT_SECONDS;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: server.hostname.replaceAll(/[[\]]/gu, ""),
      port: server.port || 80,
      method: request.method,
      path,
      headers: grouped(headersFor(request, viewer, origin?.domainName ?? server.host)),
      // A connection for each request: a local server may be started again at any time.
      agent: false,
      timeout: seconds * 1_000,
      signal,
    });
    outgoing.on("timeout", () => {
      outgoing.destroy(
        new Refusal(504, `The origin at ${server.origin} did not answer within ${seconds} s.`),
      );
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.message || error.code;
      reject(
        error instanceof Refusal ? error : new Refusal(502, `The origin at ${server.origin} failed: ${why}.`),
      );
    });
    outgoing.on("response", (incoming) => {
      resolve({
        status: incoming.statusCode ?? 502,
        reason: incoming.statusMessage,
        headers: endToEnd(pairs(incoming.rawHeaders)),
        body: incoming,
      });
    });
    outgoing.on("upgrade", (incoming, socket) => {
      socket.destroy();
      const { statusCode } = incoming;
      reject(
        new Refusal(
          502,
          `The origin at ${server.origin} answered ${statusCode}, and no protocol was offered.`,
        ),
      );
    });
    viewer.pipe(outgoing);
  });
}

/** The headers for the origin: those of the viewer and of the function, as with the policy AllViewerExceptHostHeader. */
function headersFor(request: EdgeRequest, viewer: IncomingMessage, host: string): [string, string][] {
  const { connection = "", "transfer-encoding": coding } = viewer.headers;
  const all: [string, string][] = [["connection", connection], ...listed(request.headers)];
  const before = (name: string) => all.filter(([one]) => one === name).map(([, value]) => value);
  const own: [string, string][] = [
    ["host", host],
    ["x-forwarded-for", [...before("x-forwarded-for"), viewerIp(viewer)].join(", ")],
    ["via", [...before("via"), `${viewer.httpVersion} local-edge (CloudFront)`].join(", ")],
  ];
  const cookies = listed(request.cookies).map((pair) => pair.join("="));
  if (cookies.length > 0) own.push(["cookie", cookies.join("; ")]);
  if (coding !== undefined) own.push(["transfer-encoding", coding]);
  const ownNames = new Set(["cookie", ...own.map(([name]) => name)]);
  return [...endToEnd(all).filter(([name]) => !ownNames.has(name)), ...own];
}

/** A viewer's request: what CloudFront refuses, and the event for the function. */
import type { IncomingMessage } from "node:http";
import { randomBytes } from "node:crypto";

import type { EdgeEvent, Value } from "../runtime";
import { add, isForbidden, pairs } from "./headers";
import { Refusal } from "./refusal";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
export const URL_BYTES = 8_192;
const REQUEST_BYTES = 20_480;

/** The most bytes of headers that Node reads, which is enough to refuse a request with its reason. */
export const READABLE_BYTES = 65_536;

const METHODS = new Set(["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]);

/** What the viewer asked for, also in a request that is refused. */
export function asked(request: IncomingMessage): {
  method: string;
  host: string;
  uri: string;
  query: string;
} {
  const { method = "", url = "", headers } = request;
  const end = url.indexOf("?");
  return {
    method,
    // CloudFront has no ports but 80 and 443, which a viewer does not send.
    host: (headers.host ?? "").replace(/:\d*$/u, "").toLowerCase(),
    uri: end < 0 ? url : url.slice(0, end),
    query: end < 0 ? "" : url.slice(end + 1),
  };
}

/** Refuses what CloudFront refuses before it runs a function. */
export function admit(request: IncomingMessage): void {
  const { method, host } = asked(request);
  const { url = "", rawHeaders, headers } = request;
  if (!METHODS.has(method)) throw new Refusal(405, `The method ${method} is not allowed.`);
  const length = Buffer.byteLength(`http://${host}${url}`);
  if (length > URL_BYTES)
    throw new Refusal(414, `The URL has ${length} bytes; at most ${URL_BYTES} are allowed.`);
  // Beside each name and value, there are a colon, a space and the end of the line.
  const line = method.length + Buffer.byteLength(url) + " HTTP/1.1\r\n\r\n".length + 1;
  const bytes = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text, "latin1") + 2, line);
  if (bytes > REQUEST_BYTES)
    throw new Refusal(413, `The request has ${bytes} bytes; at most ${REQUEST_BYTES} are allowed.`);
  if (!url.startsWith("/") || url.includes("#"))
    throw new Refusal(400, "The request target must be a path that begins with a slash.");
  if (host === "") throw new Refusal(400, "The request has no Host header.");
  const hasBody = Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
  if (method === "GET" && hasBody) throw new Refusal(403, "A GET request may not have a body.");
}

/** The event of a request. */
export function eventOf(request: IncomingMessage): EdgeEvent {
  const { method, host, uri, query } = asked(request);
  const headers = named();
  const cookies = named();
  for (const [name, value] of pairs(request.rawHeaders)) {
    if (name === "cookie") addCookies(cookies, value);
    else if (name === "host") headers["host"] = { value: host };
    else if (!isForbidden(name)) add(headers, name, value);
  }
  return {
    version: "1.0",
    context: {
      distributionDomainName: "d111111abcdef8.cloudfront.net",
      distributionId: "LOCALEDGE",
      eventType: "viewer-request",
      requestId: randomBytes(40).toString("base64url"),
    },
    viewer: { ip: viewerIp(request) },
    request: { method, uri, querystring: parametersOf(query), headers, cookies },
  };
}

export const viewerIp = (request: IncomingMessage): string => request.socket.remoteAddress ?? "127.0.0.1";

/** The parameters of a query string, as they were sent. */
export function parametersOf(query: string): Record<string, Value> {
  const parameters = named();
  for (const part of query.split("&").filter(Boolean)) {
    const [name, value] = halves(part);
    add(parameters, name, value);
  }
  return parameters;
}

function addCookies(cookies: Record<string, Value>, header: string): void {
  for (const part of header.split(";")) {
    const [name, value] = halves(part.trim());
    if (name !== "") add(cookies, name, value);
  }
}

/** What is before and after the first `=`. */
function halves(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** An object for any names, also `__proto__`. */
const named = (): Record<string, Value> => Object.create(null) as Record<string, Value>;

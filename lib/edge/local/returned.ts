/** Checks what a function has returned, as CloudFront validates it. A fault of it is a 502. */
import { validateHeaderName, validateHeaderValue } from "node:http";

import type { EdgeRequest, EdgeResponse, EdgeResult, Value } from "../runtime";
import { isForbidden, listed, READ_ONLY } from "./headers";
import { Refusal } from "./refusal";
import { URL_BYTES } from "./viewer";

/** The most bytes of the headers and the body of an answer that a function generates. */
const ANSWER_BYTES = 40 * 1_024;

/** The request or the answer that the function has returned. `given` is the request of the event. */
export function validated(result: EdgeResult, given: EdgeRequest): EdgeRequest | EdgeResponse {
  const { returned, error } = result;
  if (error !== undefined) throw new Refusal(503, `The function failed: ${error}`);
  if (typeof returned !== "object" || returned === null)
    throw new Refusal(503, "The function returned neither a request nor a response.");
  if (isAnswer(returned)) checkAnswer(returned, given);
  else checkRequest(returned, given);
  return returned;
}

export const isAnswer = (returned: EdgeRequest | EdgeResponse): returned is EdgeResponse =>
  "statusCode" in returned;

function checkRequest({ method, uri, headers, querystring, cookies }: EdgeRequest, given: EdgeRequest): void {
  if (method !== given.method) fail(`the method is ${String(method)}, which a function may not change`);
  if (typeof uri !== "string" || !/^\/[^?#]*$/su.test(uri))
    fail(`the uri is ${JSON.stringify(uri)}; expected a path that begins with / and has no ? and #`);
  if (Buffer.byteLength(uri) > URL_BYTES) fail(`the uri has more than ${URL_BYTES} bytes`);
  checkValues("querystring", querystring);
  checkValues("cookies", cookies);
  checkHeaders(headers, given);
}

function checkAnswer(
  { statusCode, statusDescription, headers, cookies, body }: EdgeResponse,
  given: EdgeRequest,
): void {
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599)
    fail(`statusCode is ${JSON.stringify(statusCode)}; expected a whole number from 200 to 599`);
  if (statusDescription !== undefined && typeof statusDescription !== "string")
    fail("statusDescription is no text");
  checkHeaders(headers ?? {}, { ...given, headers: {} });
  checkValues("cookies", cookies ?? {});
  const data = typeof body === "object" && body !== null ? body.data : (body ?? "");
  const encoding = typeof body === "object" && body !== null ? body.encoding : "text";
  if (typeof data !== "string" || !["text", "base64"].includes(encoding))
    fail('body is no text and no { encoding: "text" | "base64", data }');
  const ofHeaders = listed(headers).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  const bytes = ofHeaders + Buffer.byteLength(data);
  if (bytes > ANSWER_BYTES)
    fail(`the headers and the body have ${bytes} bytes; at most ${ANSWER_BYTES} are allowed`);
}

function checkHeaders(headers: Record<string, Value>, given: EdgeRequest): void {
  checkValues("headers", headers);
  for (const [name, value] of listed(headers)) {
    if (name !== name.toLowerCase()) fail(`the name of the header ${name} is not in lower case`);
    if (isForbidden(name)) fail(`a function may not add the header ${name}`);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      fail(`the header ${JSON.stringify(name)} has characters that a header cannot have`);
    }
  }
  const text = (values: Record<string, Value>, name: string) =>
    JSON.stringify(listed(values).filter(([one]) => one === name));
  const changed = READ_ONLY.find((name) => text(headers, name) !== text(given.headers, name));
  if (changed !== undefined) fail(`a function may not add, change or delete the header ${changed}`);
}

/** Checks the form of headers, cookies or parameters. */
function checkValues(what: string, values: Record<string, Value>): void {
  if (typeof values !== "object" || values === null) fail(`${what} is no object`);
  for (const [name, one] of Object.entries(values)) {
    const all = [one, ...(Array.isArray(one?.multiValue) ? one.multiValue : [])];
    if (!all.every((each) => typeof each?.value === "string"))
      fail(`${what}: ${name} is ${JSON.stringify(one)}; expected { value: "…" }`);
  }
}

function fail(found: string): never {
  throw new Refusal(502, `The function returned what CloudFront does not accept: ${found}.`);
}

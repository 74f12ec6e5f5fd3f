/** The local edge with a function of one's own: the event that it gets, and what becomes of its answers and changes. */
import { describe, expect, test } from "@jest/globals";

import { ask, echoed, fn, freshEdge, origin } from "./support/local-edge";
import { freshStore } from "./support/store";

describe("a function of one's own", () => {
  test("sees what a viewer sent, as in CloudFront", async () => {
    const store = await freshStore();
    const text = fn("return { statusCode: 200, body: JSON.stringify(event) };");
    const edge = await freshEdge({ store, function: text });
    const { body } = await ask(edge, "/A%20b/?n=1&n=%202&m&__proto__=x", {
      host: "Docs.localhost:8080",
      headers: {
        "X-A": ["1", "2"],
        cookie: "s=1; t=a=b; s=2",
        "x-edge-own": "1",
        "X-Forwarded-Proto": "https",
      },
    });
    const event = JSON.parse(body) as Record<string, unknown>;
    expect(event).toMatchObject({
      version: "1.0",
      context: { eventType: "viewer-request" },
      viewer: { ip: "127.0.0.1" },
    });
    expect(event["request"]).toEqual({
      method: "GET",
      uri: "/A%20b/",
      querystring: {
        n: { value: "1", multiValue: [{ value: "1" }, { value: "%202" }] },
        m: { value: "" },
        ["__proto__"]: { value: "x" },
      },
      headers: {
        host: { value: "docs.localhost" },
        "x-a": { value: "1", multiValue: [{ value: "1" }, { value: "2" }] },
      },
      cookies: { s: { value: "1", multiValue: [{ value: "1" }, { value: "2" }] }, t: { value: "a=b" } },
    });
  });

  test("answers with headers, cookies and a body of bytes", async () => {
    const store = await freshStore();
    const text = fn(`console.log("seen", request.uri);
      return { statusCode: 418, statusDescription: "Teapot", headers: { "x-a": { value: "1" } },
        cookies: { s: { value: "1", attributes: "Secure; Path=/" } }, body: { encoding: "base64", data: "aGk=" } };`);
    const edge = await freshEdge({ store, function: text });
    const got = await ask(edge, "/x");
    expect(got).toMatchObject({ status: 418, body: "hi" });
    expect(got.headers).toMatchObject({
      "x-a": "1",
      "set-cookie": ["s=1; Secure; Path=/"],
      "x-edge-origin": "function",
    });
    expect(edge.requests()[0]).toMatchObject({ origin: "function", printed: ["seen /x"] });
  });

  test("may change the path, the query string, headers and cookies, and leave the origin as it is", async () => {
    const store = await freshStore();
    const text =
      fn(`request.uri = "/new é"; delete request.querystring.a; request.querystring.c = { value: "3" };
      request.headers["x-new"] = { value: "1" }; request.cookies = { only: { value: "1" } }; return request;`);
    const edge = await freshEdge({ store, function: text, origins: { "*": await origin() } });
    const got = await echoed(edge, "/old?a=1&b=2", { headers: { cookie: "a=1" } });
    expect(got).toMatchObject({ url: "/new%20%C3%A9?b=2&c=3", headers: { "x-new": "1", cookie: "only=1" } });
    expect(edge.requests()[0]).toMatchObject({ origin: "default", route: "-" });
    const without = await freshEdge({ store, function: text });
    expect((await ask(without, "/")).body).toContain("The function chose no origin");
  });

  test("reads the store", async () => {
    const store = await freshStore();
    store.putRaw(store.arn, "k", "v");
    const text = fn(`const value = await cf.kvs().get("k"); return { statusCode: 200, body: value };`);
    const edge = await freshEdge({ store, function: text });
    expect(await ask(edge, "/")).toMatchObject({ body: "v", headers: { "x-edge-reads": "1" } });
  });
});

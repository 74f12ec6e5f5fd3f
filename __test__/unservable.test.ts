/**
 * Each rejection of a pattern or target has a reason: if the rejected value is written directly into a table, it is not served as intended.
 * If the reader would serve it, a comment gives the reason.
 */
import { describe, expect, test } from "@jest/globals";

import { explainRoute } from "../lib";
import type { RouteTarget } from "../index";
import { OutsideClient } from "./support/client";
import { freshStore, refusal } from "./support/store";
import { reader } from "./support/reader.cjs";

const declared = (routes: Record<string, RouteTarget>) => explainRoute({ url: "/", routes });

/** Whether a request for `url` reaches the host in the entry's metadata. */
async function serves(entry: string, metadata: string, url: string, host: string): Promise<boolean> {
  const { hostname, pathname } = new URL(url);
  const entries = { "678a:routes": JSON.stringify([entry]), "x:metadata": metadata };
  return (await reader(entries, { strict: true })(hostname, pathname)).origin === host;
}

describe("patterns", () => {
  const METADATA = '{"host":"x.example","origin":{}}';

  test("what is accepted is served: the cases below can tell", async () => {
    expect(await serves("url,x,,/a", METADATA, "https://h/a", "x.example")).toBe(true);
    expect(await serves(String.raw`url,x,.*\.h\.com,/`, METADATA, "https://a.h.com/b", "x.example")).toBe(
      true,
    );
  });

  test.each<[pattern: string, entry: string, meant: string]>([
    ["/a*b", "url,x,,/a*b", "https://h/aXb"],
    ["/*.jpg", "url,x,,/*.jpg", "https://h/a.jpg"],
    ["/a/*/c", "url,x,,/a/*/c", "https://h/a/b/c"],
    ["/a,b", "url,x,,/a,b", "https://h/a,b"],
    ["a,b.com/", String.raw`url,x,a,b\.com,/`, "https://a.com/"],
    ["/a?q=1", "url,x,,/a?q=1", "https://h/a?q=1"],
    ["/a#top", "url,x,,/a#top", "https://h/a#top"],
    ["https://h.com/a", String.raw`url,x,https://h\.com,/a`, "https://h.com/a"],
    ["h.com:8080/a", String.raw`url,x,h\.com:8080,/a`, "https://h.com:8080/a"],
    ["u@h.com/a", String.raw`url,x,u@h\.com,/a`, "https://u@h.com/a"],
    ["a b.com/", String.raw`url,x,a b\.com,/`, "https://ab.com/"],
    // Its `+` is escaped in the table and not in what the reader compares it with.
    ["a+b.com/", String.raw`url,x,a\+b\.com,/`, "https://a+b.com/"],
    ["mü*.com/", String.raw`url,x,mü.*\.com,/`, "https://münchen.com/"],
    [".a.com/", String.raw`url,x,\.a\.com,/`, "https://a.com/"],
    ["a.com./", String.raw`url,x,a\.com\.,/`, "https://a.com/"],
    // A client that writes URLs as the standard has it sends %25.
    ["/100%", "url,x,,/100%", "https://h/100%25"],
    ["/a%zz", "url,x,,/a%zz", "https://h/a%25zz"],
  ])("%s", async (pattern, entry, meant) => {
    expect(await refusal(declared({ [pattern]: "https://x.example" }))).toMatchObject({
      code: "INVALID_PATTERN",
    });
    expect(await serves(entry, METADATA, meant, "x.example")).toBe(false);
  });

  /** The reader would serve these. */
  test.each<[pattern: string, reason: string]>([
    ["", "it means what `/` does, and is more often a variable that was not set"],
    [`${"a".repeat(64)}.com/`, "no name has such a label (RFC 1035), so no request comes"],
    [`${`${"a".repeat(60)}.`.repeat(5)}com/`, "no name is so long (RFC 1035)"],
    ["a..com/", "no name has an empty label (RFC 1035)"],
    [`/${"a".repeat(1_000)}`, "its entry would not fit one chunk, and chunks are cut between entries"],
  ])("%.20s: %s", async (pattern) => {
    expect(await refusal(declared({ [pattern]: "https://x.example" }))).toMatchObject({
      code: "INVALID_PATTERN",
    });
  });
});

describe("targets", () => {
  const url = (host: string, origin: object = {}, rewrite?: object) =>
    ["url", JSON.stringify({ host, ...(rewrite && { rewrite }), origin })] as const;
  const bucket = (domain: string, origin: object = {}) =>
    ["bucket", JSON.stringify({ domain, origin: { timeouts: {}, ...origin } })] as const;
  const H = "https://x.example";

  test.each<[RouteTarget, kind: string, metadata: string]>([
    ["x.example/path", ...url("x.example/path")],
    ["https://x.example/path", ...url("x.example/path")],
    ["https://x.example?q=1", ...url("x.example?q=1")],
    ["https://x.example#top", ...url("x.example#top")],
    ["https://me:secret@x.example", ...url("me:secret@x.example")],
    ["ftp://x.example", ...url("ftp://x.example")],
    ["https://x .example", ...url("x .example")],
    ["https://x,y.example", ...url("x,y.example")],
    [{ url: H, connectionAttempts: 4 }, ...url("x.example", { connectionAttempts: 4 })],
    [{ url: H, connectionTimeout: 11 }, ...url("x.example", { timeouts: { connectionTimeout: 11 } })],
    [{ url: H, readTimeout: 1.5 }, ...url("x.example", { timeouts: { readTimeout: 1.5 } })],
    [{ url: H, readTimeout: 61 }, ...url("x.example", { timeouts: { readTimeout: 61 } })],
    [{ url: H, keepAliveTimeout: 0 }, ...url("x.example", { timeouts: { keepAliveTimeout: 0 } })],
    [{ url: H, rewrite: { regex: "(", to: "/" } }, ...url("x.example", {}, { regex: "(", to: "/" })],
    [{ url: H, rewrite: { regex: "*", to: "/" } }, ...url("x.example", {}, { regex: "*", to: "/" })],
    [{ bucket: "x" }, ...bucket("x")],
    [{ bucket: "arn:aws:s3:::x" }, ...bucket("arn:aws:s3:::x")],
    [{ bucket: "s3://x.example" }, ...bucket("s3://x.example")],
    [
      { bucket: "x.example", connectionTimeout: 0 },
      ...bucket("x.example", { timeouts: { connectionTimeout: 0 } }),
    ],
  ])("%j", async (target, kind, metadata) => {
    const error = await refusal(declared({ "/a": target }));
    expect(["INVALID_TARGET", "INVALID_OPTION"]).toContain(error.code);
    expect(await serves(`${kind},x,,/a`, metadata, "https://h/a", "x.example")).toBe(false);
  });

  test("metadata beyond one value is refused by the store, too", async () => {
    const rewrite = { regex: "^/a", to: `/${"b".repeat(1_000)}` };
    const error = await refusal(declared({ "/a": { url: H, rewrite } }));
    expect(error).toMatchObject({ code: "INVALID_TARGET", details: { limit: 1_024 } });
    const store = await freshStore();
    const [, metadata] = url("x.example", {}, rewrite);
    const client = new OutsideClient(store);
    const { etag } = await client.describe();
    const put = client.update(etag, { Puts: [{ Key: "x:metadata", Value: metadata }] });
    await expect(put).rejects.toThrow(/Maximum size of the value/);
    client.close();
  });
});

import { describe, expect, test } from "@jest/globals";

import { encode } from "../lib/encode";
import { isRouteSyncError } from "../lib/errors";
import { node } from "./support/run";

const timing = `
  const { encode } = require("./dist/encode.js");
  const target = (n) => ({ url: "https://" + n + ".example", rewrite: { regex: "^/(.*)$", to: "/$1" }, readTimeout: 20 });
  const routes = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => ["/service/" + n, target(n)]));
  const timed = (work) => {
    const start = performance.now();
    work({ routes });
    return performance.now() - start;
  };
  // Both take turns, so that other work slows both equally. The fastest run of each counts.
  const times = Array.from({ length: 25 }, () => [timed(encode), timed(JSON.stringify)]);
  const least = (way) => Math.min(...times.map((pair) => pair[way]));
  console.log(least(0) / least(1));
`;

/** The error with which `encode` rejects `value`. */
function refusal(value: unknown): { code: string; message: string; path: string | undefined } {
  try {
    encode(value);
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return { code: error.code, message: error.message, path: error.details.path };
  }
  throw new Error("nothing was refused");
}

describe("what JSON can carry", () => {
  test.each([
    [{ a: 'ü\n"\u2028', b: [1, -0, 1e21, 0.1], c: { d: null, e: true }, "": {}, __proto: [] }],
    [{ "/api": "https://a.example", "x.example/": { url: "https://b.example", readTimeout: "20 seconds" } }],
    ["text"],
    [[]],
  ])("is written as JSON.stringify writes it: %j", (value) => {
    expect(encode(value)).toBe(JSON.stringify(value));
  });

  test("undefined members are left out", () => {
    expect(encode({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}');
  });

  test("objects with toJSON give what it returns", () => {
    expect(encode({ url: new URL("https://a.example/x") })).toBe('{"url":"https://a.example/x"}');
    expect(encode({ routes: { toJSON: () => ({ "/a": "u" }) } })).toBe('{"routes":{"/a":"u"}}');
  });

  test("one object in two places is no cycle", () => {
    const target = { url: "https://a.example" };
    expect(encode({ "/a": target, "/b": target })).toBe(JSON.stringify({ "/a": target, "/b": target }));
  });

  test("a backslash before ud is no surrogate", () => {
    expect(encode({ regex: "\\ud800" })).toBe(JSON.stringify({ regex: "\\ud800" }));
  });

  test("ten thousand routes take no more than a few times what JSON.stringify takes", async () => {
    // This runs in a separate process, since access to Jest's globals is several times slower.
    expect(Number(await node(["-e", timing]))).toBeLessThan(4);
  });
});

describe("what JSON cannot carry is refused with its path", () => {
  const route = (value: unknown) => ({ routes: { "/api": { readTimeout: value } } });
  const cycle: Record<string, unknown> = {};
  cycle["self"] = { again: cycle };
  let deep: unknown = "bottom";
  for (let level = 0; level < 33; level++) deep = { deep };

  test.each([
    ["a function", route(() => 1), "function"],
    ["a symbol", route(Symbol("s")), "symbol"],
    ["a bigint", route(1n), "bigint"],
    ["NaN", route(Number.NaN), "NaN"],
    ["Infinity", route(-Infinity), "-Infinity"],
    ["a Map", route(new Map([["/a", "b"]])), "Map"],
    ["a promise", route(Promise.resolve("x")), "await"],
    ["half a surrogate pair", route("\ud800"), "surrogate"],
    ["a Pulumi Output", route({ __pulumiOutput: true, toJSON: () => "…" }), ".apply()"],
    [
      "an Output in a template literal",
      route("https://Calling [toString] on an [Output<T>] is not supported.\n\nTo get the value"),
      ".apply()",
    ],
  ])("%s", (_, value, found) => {
    expect(refusal(value)).toEqual({
      code: "INVALID_OPTION",
      path: 'routes["/api"].readTimeout',
      message: expect.stringContaining(found),
    });
  });

  test("a cycle", () => {
    expect(refusal(cycle)).toMatchObject({ path: "self.again", message: expect.stringContaining("itself") });
  });

  test("more than 32 levels", () => {
    expect(refusal(deep).message).toContain("more than 32 deep");
  });

  test("a hole in a list", () => {
    expect(refusal({ list: ["a", undefined] }).path).toBe("list[1]");
  });

  test.each([[undefined], [() => 1]])("options that are %p", (options) => {
    expect(refusal(options).code).toBe("INVALID_OPTION");
  });
});

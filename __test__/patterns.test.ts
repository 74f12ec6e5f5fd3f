/** Patterns with their stored form, and the warnings about them. */
import { expect, test } from "@jest/globals";

import { declare, freshStore } from "./support/store";
import { table } from "./support/table";

test.each<[pattern: string, host: string, path: string, warnings: string[]]>([
  ["/api/*", "", "/api", []],
  ["/api/", "", "/api/", []],
  ["/*", "", "/", []],
  ["api.example.com", "api\\.example\\.com", "/", []],
  ["API.Example.com/Path", "api\\.example\\.com", "/Path", ["PATTERN_NORMALIZED"]],
  ["*.example.com/files/*", ".*\\.example\\.com", "/files", []],
  ["münchen.example/", "xn--mnchen-3ya\\.example", "/", ["PATTERN_NORMALIZED"]],
  ["/käse brot", "", "/k%C3%A4se%20brot", ["PATTERN_NORMALIZED"]],
  ["/k%C3%A4se", "", "/k%C3%A4se", []],
  ["api", "api", "/", ["PATTERN_BARE_HOST"]],
])("%s is the entry %s %s", async (pattern, host, path, warnings) => {
  const store = await freshStore();
  const report = await declare(store, { [pattern]: "https://h.example" });
  expect(table(store.entries())).toEqual([`url,${report.ids[pattern]},${host},${path}`]);
  expect(report.added).toEqual([pattern]);
  expect(report.warnings.map((warning) => warning.code)).toEqual(warnings);
  for (const warning of report.warnings) {
    expect(warning.pattern).toBe(pattern);
    expect(warning.message.length).toBeGreaterThan(20);
  }
});

test.each<[string, string]>([
  ["http://h.example", "HTTP_ORIGIN"],
  ["https://h.example:8443", "URL_PORT"],
  ["https://192.0.2.1", "URL_IP_ADDRESS"],
])("the target %s is taken with the warning %s", async (url, code) => {
  const store = await freshStore();
  const lint = { HTTP_ORIGIN: "warn", URL_PORT: "warn" } as const;
  const report = await declare(store, { "/api": url }, { lint });
  expect(report.warnings).toMatchObject([{ code, pattern: "/api" }]);
});

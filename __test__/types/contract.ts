/** Checked by `tsc`, never run: the code and the declarations that are made of it agree, and these refuse what they must. */
import type * as contract from "routesync";
import type * as testing from "routesync/testing";

import * as code from "../../lib";
import type { Native, NativeAbortHandle, NativeLocalStore } from "../../lib/native";
import * as testingCode from "../../lib/testing";
import type * as generated from "../../native";

export const index: typeof contract = code;
export const embedded: typeof testing = testingCode;

/** And the other way round. */
declare const published: { index: typeof contract; embedded: typeof testing };
export const whole: { index: typeof code; embedded: typeof testingCode } = published;

/** What the build generates is what the facade takes it for, and the facade knows all of it. */
type Nothing<T extends never> = T;
declare const addon: typeof generated;
export const native: Native = addon;
export type Unknown = Nothing<
  | Exclude<keyof typeof generated, keyof Native | "LocalStoreHandle" | "__napiBindingTarget">
  | Exclude<keyof generated.LocalStoreHandle, keyof NativeLocalStore>
  | Exclude<keyof generated.AbortHandle, keyof NativeAbortHandle>
>;

const base = { store: "arn", router: "678a", owner: "shop/test" };

export const accepted: contract.SyncOptions[] = [
  { ...base, routes: { "/a": "https://a.example", "/b": undefined } },
  {
    ...base,
    routes: { "/a": { url: "https://a.example", readTimeout: "20 seconds", connectionTimeout: 3 } },
  },
  {
    ...base,
    routes: {
      "/docs": {
        site: { s3: { domain: "b.c" }, servers: [["h", 1, 2]], origin: { readTimeout: "20 seconds" } },
        files: ["/index.html"],
      },
      "/blog": { namespace: "f2de", type: "site" },
    },
    previous: { "/docs": { id: "a.b", files: ["/index.html"] }, "/blog": "f2de" },
  },
  { ...base, routes: {}, previous: {}, part: "urn", verify: "full", deadline: "1 minute", gracePeriod: 0 },
];

export const refused: contract.SyncOptions[] = [
  // @ts-expect-error: routes are required
  { ...base },
  // @ts-expect-error: a unit that does not exist
  { ...base, routes: {}, deadline: "2 hours" },
  // @ts-expect-error: a server has a place
  { ...base, routes: { "/a": { site: { s3: { domain: "b.c" }, servers: [["h"]] } } } },
  // @ts-expect-error: a namespace is read in one of three ways
  { ...base, routes: { "/a": { namespace: "f2de" } } },
  // @ts-expect-error: a target leads somewhere
  { ...base, routes: { "/a": { rewrite: { regex: "a", to: "b" } } } },
];

export const faults: testing.Faults[] = [
  {},
  { latencyMs: 5, staleAs409: true, throttle: { perSecond: 20 }, lag: { versions: 1, on: ["GetKey"] } },
  { failAfter: { fraction: 0.5, how: ["500", "reset"], on: ["UpdateKeys"] }, script: [{ how: "hang" }] },
];

export const impossibleFaults: testing.Faults[] = [
  // @ts-expect-error: it is latencyMs
  { latency: 5 },
  // @ts-expect-error: a fault that does not exist
  { script: [{ how: "explode" }] },
];

export const configurations = [
  index.defineRoutes({ router: "678a", routes: { "/a": "https://a.example" } }),
  index.defineRoutes(({ stage, env }) => ({ store: env["STORE_ARN"], owner: `shop/${stage}`, routes: {} })),
  index.defineRoutes(async () => ({ ...base, routes: {}, policy: "upsert-only" })),
  // @ts-expect-error: an option that does not exist
  index.defineRoutes({ ownr: "shop" }),
  // @ts-expect-error: a signal is the command's own
  index.defineRoutes({ ...base, signal: AbortSignal.timeout(1) }),
];

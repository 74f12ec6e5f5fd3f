/** Checked by `tsc`, and never run: the code agrees with the declarations that are generated from it, and these reject wrong uses. */
import type * as contract from "routesync";
import type * as testing from "routesync/testing";

import * as code from "../../lib";
import type { Native, NativeAbortHandle, NativeLocalStore } from "../../lib/native";
import * as testingCode from "../../lib/testing";
import type * as generated from "../../native";

export const index: typeof contract = code;
export const embedded: typeof testing = testingCode;

/** The same in the other direction. */
declare const published: { index: typeof contract; embedded: typeof testing };
export const whole: { index: typeof code; embedded: typeof testingCode } = published;

/** The generated declarations of the addon agree with those of the facade, in both directions. */
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
  // @ts-expect-error: a server needs a place
  { ...base, routes: { "/a": { site: { s3: { domain: "b.c" }, servers: [["h"]] } } } },
  // @ts-expect-error: a namespace is read in one of three ways
  { ...base, routes: { "/a": { namespace: "f2de" } } },
  // @ts-expect-error: a target needs a URL, a bucket, a site or a namespace
  { ...base, routes: { "/a": { rewrite: { regex: "a", to: "b" } } } },
];

export const faults: testing.Faults[] = [
  {},
  { latencyMs: 5, staleAs409: true, throttle: { perSecond: 20 }, lag: { versions: 1, on: ["GetKey"] } },
  { failAfter: { fraction: 0.5, how: ["500", "reset"], on: ["UpdateKeys"] }, script: [{ how: "hang" }] },
];

export const impossibleFaults: testing.Faults[] = [
  // @ts-expect-error: the option is called latencyMs
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
  // @ts-expect-error: a configuration cannot contain a signal
  index.defineRoutes({ ...base, signal: AbortSignal.timeout(1) }),
];

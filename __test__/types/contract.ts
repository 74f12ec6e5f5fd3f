/** Checked by `tsc`, never run: the code and its hand-written contract agree, and the contract refuses what it must. */
import type * as contract from "routesync";
import type * as testing from "routesync/testing";

import * as code from "../../lib";
import * as testingCode from "../../lib/testing";

export const index: typeof contract = code;
export const embedded: typeof testing = testingCode;

const base = { store: "arn", router: "678a", owner: "shop/test" };

export const accepted: contract.SyncOptions[] = [
  { ...base, routes: { "/a": "https://a.example", "/b": undefined } },
  {
    ...base,
    routes: { "/a": { url: "https://a.example", readTimeout: "20 seconds", connectionTimeout: 3 } },
  },
  { ...base, routes: {}, previous: {}, part: "urn", verify: "full", deadline: "1 minute", graceSeconds: 0 },
];

export const refused: contract.SyncOptions[] = [
  // @ts-expect-error: routes are required
  { ...base },
  // @ts-expect-error: a unit that does not exist
  { ...base, routes: {}, deadline: "2 hours" },
  // @ts-expect-error: a target is a url or a bucket
  { ...base, routes: { "/a": { rewrite: { regex: "a", to: "b" } } } },
];

/** Checks the options of `install`, and picks those that reach the provider's process. */
import { REFUSED } from "../credentials";
import { RouteSyncError } from "../errors";
import { checkRoutes } from "../routes";
import type { ClientOptions, Duration } from "../types";
import type { InstallOptions } from "./install-options";

/** The options that the provider needs. They are part of its text in the state. */
export interface ProviderOptions {
  /** The version of the package that made the text. */
  version: string;
  gatherMs: number;
  client?: Omit<ClientOptions, "credentials">;
  deadline: Duration;
  verify: boolean | "full";
  /** Gives route tables an index for routesync's edge function. */
  index?: true;
}

const KNOWN = ["gather", "client", "deadline", "verify", "order", "edge"];

/** A declaration of nothing, with which native code checks the other options. */
const NO_ROUTES = {
  store: "arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-0000-0000-000000000000",
  router: "sst",
  owner: "sst",
  routes: {},
};

/** Checks the options. A text with wrong options must not be saved in the state: the removal would fail with them later. */
export function readOptions(options: InstallOptions, version: string): ProviderOptions {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) reject(name, `is not an option of install; known are ${KNOWN.join(", ")}`);
  }
  const { client, gather = 2, deadline = "10 minutes", verify = true, order = true, edge = false } = options;
  if (typeof order !== "boolean") reject("order", `expected true or false, found ${JSON.stringify(order)}`);
  if (typeof edge !== "boolean") reject("edge", `expected true or false, found ${JSON.stringify(edge)}`);
  if (client && "credentials" in client) reject("client.credentials", REFUSED);
  checkRoutes({ ...NO_ROUTES, ...(client !== undefined && { client }), deadline, verify });
  const given = { version, gatherMs: gatherMs(gather), ...(client && { client }), deadline, verify };
  return { ...given, ...(edge && { index: true }) };
}

/** The longest `gather`, in seconds. */
const MOST_SECONDS = 2;

function gatherMs(gather: Duration): number {
  const [, number] = /^(\d+(?:\.\d+)?) seconds?$/.exec(String(gather)) ?? [];
  const seconds = typeof gather === "number" ? gather : Number(number);
  if (seconds >= 0 && seconds <= MOST_SECONDS) return seconds * 1_000;
  const found = JSON.stringify(gather);
  return reject(
    "gather",
    `expected at most ${MOST_SECONDS} seconds, such as 0.5 or "1 second", found ${found}`,
  );
}

function reject(path: string, why: string): never {
  throw new RouteSyncError({ code: "INVALID_OPTION", message: `${path}: ${why}`, details: { path } });
}

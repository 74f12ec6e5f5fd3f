/** The origin that a function has chosen: the limits of `updateRequestOrigin`, its name, and where it is. */
import type { EdgeOrigin } from "../runtime";
import type { Place } from "./options";
import { Refusal } from "./refusal";

/** All but the first are in seconds. */
const LIMITS: Record<string, [least: number, most: number]> = {
  connectionAttempts: [1, 3],
  connectionTimeout: [1, 10],
  readTimeout: [1, 60],
  keepAliveTimeout: [1, 60],
};

const DOMAIN = /^(?=.{1,253}$)([\w-]{1,63}\.)+[\w-]{1,63}$/u;

/** Refuses an origin with 503: in CloudFront, `updateRequestOrigin` throws. */
export function checkOrigin({
  domainName,
  connectionAttempts,
  timeouts,
  customOriginConfig,
}: EdgeOrigin): void {
  // An origin without a name keeps the name of the distribution's own.
  if (domainName !== undefined && !DOMAIN.test(domainName)) fail("domainName", domainName, "a domain name");
  for (const [name, value] of Object.entries({ ...timeouts, connectionAttempts })) {
    const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
    if (limit === undefined) fail("timeouts", name, Object.keys(LIMITS).slice(1).join(", "));
    const [least, most] = limit;
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      fail(name, value, `a whole number from ${least} to ${most}`);
  }
  if (customOriginConfig === undefined) return;
  const { port, protocol } = customOriginConfig;
  const allowed = port === 80 || port === 443 || (port >= 1_024 && port <= 65_535);
  if (!Number.isInteger(port) || !allowed) fail("port", port, "80, 443 or 1024 to 65535");
  if (protocol !== "http" && protocol !== "https") fail("protocol", protocol, "http or https");
}

function fail(name: string, found: unknown, expected: string): never {
  const text = JSON.stringify(found) ?? "undefined";
  throw new Refusal(503, `updateRequestOrigin refuses ${name}: found ${text}; expected ${expected}.`);
}

/** The name of an origin in logs and headers. */
export function nameOf(origin: EdgeOrigin | undefined): string {
  if (origin?.domainName === undefined) return "default";
  const { domainName, customOriginConfig: custom } = origin;
  if (custom === undefined || isBucket(origin)) return `bucket ${domainName}`;
  return `${custom.protocol}://${hostOf(origin)}`;
}

const isBucket = ({ originAccessControlConfig: access }: EdgeOrigin): boolean =>
  access?.enabled === true && access["originType"] === "s3";

/** The host of the declaration: with a port that is not the protocol's own. */
function hostOf({ domainName, customOriginConfig: custom }: EdgeOrigin): string {
  const own = custom?.protocol === "http" ? 80 : 443;
  return custom === undefined || custom.port === own ? domainName : `${domainName}:${custom.port}`;
}

/** Where the origin is. */
export function placeOf(places: Map<string, Place>, origin: EdgeOrigin | undefined): Place {
  const known = origin?.domainName === undefined ? undefined : origin;
  const names = known ? [hostOf(known), known.domainName].map((name) => name.toLowerCase()) : [];
  const found = [...names, "*"].map((name) => places.get(name)).find((place) => place !== undefined);
  if (found !== undefined) return found;
  const [host = "*"] = names;
  const chosen = known
    ? `The function chose the origin ${host}, which origins does not have.`
    : "The function chose no origin, so the distribution's own origin is used, which origins does not have.";
  const entry = `${JSON.stringify(host)}: "http://127.0.0.1:<port>"`;
  throw new Refusal(
    502,
    `${chosen} Add origins: { ${entry} }, or the path of a folder that is served as a bucket.`,
  );
}

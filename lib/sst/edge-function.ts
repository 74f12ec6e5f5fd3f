/** The function of SST's Router: recognises it, and makes routesync's function with the same user code, domain block and namespace. */
import { createHash } from "node:crypto";

import { edgeFunction } from "../edge";
import { isRouteSyncError } from "../errors";

/** The Pulumi type of a CloudFront Function. */
export const FUNCTION_TYPE = "aws:cloudfront/function:Function";

/** The end of the name of a Router's function for viewer requests. */
export const FUNCTION_SUFFIX = "CloudfrontFunctionRequest";

/** The Pulumi type of the Router. */
export const ROUTER_TYPE = "sst:aws:Router";

/** SST's code up to the user's code, and between the parts. */
const HEAD = `\nimport cf from ${JSON.stringify("cloudfront")};\nasync function handler(event) {\n  `;
const GAP = "\n  ";

/** What SST's code continues with after the user's code and the domain block. */
const TAIL = "async function routeSite(";

/** The line with the router's namespace. */
const NAMESPACE = /(const routerNS = ")([\da-f]{4})(";)/;

/** SHA-256 of the code from {@link TAIL} on, without the namespace, with the versions of SST that have it. */
const TAILS: Record<string, string> = {
  "45e65bb1396ba4fe6d8c7bc4e0f24f075136a8362ffb4daa5243331a44f92888": "4.17.1",
};

/** SHA-256 of the domain block, which SST adds for a Router with a domain. */
const BLOCK = { bytes: 305, digest: "6acfc0f3f495ba45d739695e98c702f4cf4a13f85c8f6f28dac128a23b1e386a" };

/** Functions of SST's code that a user's code could call. routesync's function does not have them. */
const SSTS_OWN =
  /\b(routeSite|setForwardedHost|setUrlOrigin|setS3Origin|setNextjs\w+|getRoutes|matchRoute|findNearestServer|getHeader|isRequestHeaderTooLarge|buildOversizedHeadersResponse)\b/u;

/** The code for a Router's function, or why SST's own must stay. */
export function ownFunction(code: string): { code: string } | { unknown: string } {
  const at = code.lastIndexOf(GAP + TAIL);
  const [, , router] = NAMESPACE.exec(code) ?? [];
  if (!code.startsWith(HEAD) || at < HEAD.length || router === undefined) {
    return { unknown: "the code of its function has another form" };
  }
  const tail = digestOf(code.slice(at + GAP.length).replace(NAMESPACE, "$1$3"));
  if (!(tail in TAILS)) return { unknown: "the code of its function has changed" };
  // The user's code, a gap, and the block or nothing.
  const own = code.slice(HEAD.length, at);
  const blocks = digestOf(own.slice(-BLOCK.bytes)) === BLOCK.digest;
  const before = own.slice(0, own.length - (blocks ? BLOCK.bytes : 0) - GAP.length);
  const [name] = SSTS_OWN.exec(before) ?? [];
  if (name !== undefined) return { unknown: `its own code calls ${name}, a function of SST's code` };
  try {
    return {
      code: edgeFunction({
        router,
        otherwise: "defaultOrigin",
        openNext: true,
        probe: true,
        ...(blocks && { blockDefaultDomain: true }),
        ...(before.trim() !== "" && { before }),
      }),
    };
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return { unknown: error.message };
  }
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

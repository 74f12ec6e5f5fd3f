/** Events for the edge function. */
import type { EdgeEvent, EdgeRequest, EdgeResult, Value } from "../../lib/edge/runtime";

/** An event of the type `viewer-request`. Values are as a browser sends them. */
export function viewerRequest(host: string, uri: string, more: Partial<EdgeRequest> = {}): EdgeEvent {
  return {
    version: "1.0",
    context: {
      distributionDomainName: "d111.cloudfront.net",
      distributionId: "E1",
      eventType: "viewer-request",
      requestId: "r1",
    },
    viewer: { ip: "192.0.2.1" },
    request: {
      method: "GET",
      uri,
      querystring: {},
      cookies: {},
      ...more,
      headers: { host: { value: host }, ...more.headers },
    },
  };
}

/** Headers, cookies or parameters with one value each. */
export function values(plain: Record<string, string>): Record<string, Value> {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, { value }]));
}

/** What matters of a result: the answer's status, or the route, the URI and the origin. */
export function outcome({ returned, origin, error }: EdgeResult): Record<string, unknown> {
  if (!returned) return { error };
  if ("statusCode" in returned) return { status: returned.statusCode };
  return { route: returned.headers["x-routesync-route"]?.value, uri: returned.uri, origin };
}

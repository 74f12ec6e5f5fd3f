/** What programs are given. */
import type { RouteTarget } from "../../../index";
import type { Place } from "../../../__test__/support/store";

export const ROUTER = "678a";

/** What every resource needs; credentials come by the environment. */
export function common({ arn, client: { endpoint } }: Place) {
  return { store: arn, router: ROUTER, client: { endpoint } };
}

/** Input of programs/routes.ts: resources by name, with their routes. */
export function resources(
  place: Place,
  declared: Record<string, Record<string, RouteTarget>>,
  more: Record<string, unknown> = {},
) {
  const all = Object.entries(declared).map(([name, routes]) => [name, { ...common(place), routes, ...more }]);
  return { resources: Object.fromEntries(all) };
}

/** Inputs of the programs. */
import type { RouteTarget } from "../../../index";
import type { Place } from "../../../__test__/support/store";

export const ROUTER = "678a";

/** The required options of every resource. Credentials come from the environment. */
export function common({ arn, client: { endpoint } }: Place) {
  return { store: arn, router: ROUTER, client: { endpoint } };
}

/** The input of programs/routes.ts: the routes of each resource, by name. */
export function resources(
  place: Place,
  declared: Record<string, Record<string, RouteTarget>>,
  more: Record<string, unknown> = {},
) {
  const all = Object.entries(declared).map(([name, routes]) => [name, { ...common(place), routes, ...more }]);
  return { resources: Object.fromEntries(all) };
}

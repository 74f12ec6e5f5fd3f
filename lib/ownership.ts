/** Routes that were deployed, and what follows when their declaration names another place or owner. */
import type { StoreOptions, SyncOptions } from "./types";
import { readRoutes } from "./routes";

/** Where routes were made live. */
export type Place = Pick<StoreOptions, "store" | "client" | "deadline" | "retry">;

/** Routes as a state keeps them. */
export interface Deployed extends Place {
  router: string;
  owner: string;
  ids: Record<string, string>;
}

type Identity = Pick<Deployed, "store" | "router" | "owner">;

/** Changes of these are other routes. */
const IDENTITY = ["store", "router", "owner"] as const;

export function differing(before: Identity, after: Identity): (keyof Identity)[] {
  return IDENTITY.filter((key) => before[key] !== after[key]);
}

/** The options that lead to the store, without those that are not set. */
export function placeOf({ store, client, deadline, retry }: Place): Place {
  return {
    store,
    ...(client && { client }),
    ...(deadline !== undefined && { deadline }),
    ...(retry && { retry }),
  };
}

/** What a removal takes of the options with which routes were declared. */
export type Removal = Place & Pick<SyncOptions, "router" | "owner" | "verify" | "gracePeriod" | "repair">;

/**
 * The options with which declared routes are removed. What is about declared routes, such as `takeover`, does not apply to routes that
 * go. `generation` is left out: a declaration that is kept in a state is of an earlier deploy, and the owner's other resources may
 * have deployed a newer one. `maxRemoved` is left out, since whoever removes a resource means all of its routes.
 */
export function removalOf({ router, owner, verify, gracePeriod, repair, ...place }: Removal): Removal {
  return {
    ...placeOf(place),
    router,
    owner,
    ...(verify !== undefined && { verify }),
    ...(gracePeriod !== undefined && { gracePeriod }),
    ...(repair !== undefined && { repair }),
  };
}

/**
 * The patterns that a new owner takes from the old one, none where more than the owner changes: those that the old one still has.
 * What somebody else took meanwhile is not taken from them.
 */
export async function yielded(old: Deployed, news: Identity): Promise<string[]> {
  if (differing(old, news).join() !== "owner") return [];
  const { routes } = await readRoutes({ ...placeOf(old), router: old.router });
  const ids = new Set(routes.map(({ id }) => id));
  return Object.entries(old.ids).flatMap(([pattern, id]) => (ids.has(id) ? [pattern] : []));
}

/** `takeover` with more patterns. */
export function takingAlso(takeover: boolean | string[] | undefined, patterns: string[]): boolean | string[] {
  return takeover === true || [...(takeover || []), ...patterns];
}

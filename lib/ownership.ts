/** The removal and takeover of deployed routes when their declaration names another place or owner. */
import type { StoreOptions, SyncOptions } from "./types";
import { readRoutes } from "./routes";

/** The place of live routes. */
export type Place = Pick<StoreOptions, "store" | "client" | "deadline" | "retry">;

/** Routes in the state of a framework. */
export interface Deployed extends Place {
  router: string;
  owner: string;
  ids: Record<string, string>;
}

type Identity = Pick<Deployed, "store" | "router" | "owner">;

/** If one of these changes, the routes are different ones. */
const IDENTITY = ["store", "router", "owner"] as const;

export function differing(before: Identity, after: Identity): (keyof Identity)[] {
  return IDENTITY.filter((key) => before[key] !== after[key]);
}

/** The options for the access to the store, without those that are not set. */
export function placeOf({ store, client, deadline, retry }: Place): Place {
  return {
    store,
    ...(client && { client }),
    ...(deadline !== undefined && { deadline }),
    ...(retry && { retry }),
  };
}

/** The options of a declaration that its removal also has. */
export type Removal = Place & Pick<SyncOptions, "router" | "owner" | "verify" | "gracePeriod" | "repair">;

/**
 * The options to remove declared routes. Options about declared routes, such as `takeover`, do not apply to a removal. `generation` is
 * left out, since the declaration in a state is from an earlier deploy, and the owner's other resources may have deployed a newer
 * one. `maxRemoved` is left out, since the removal of a resource intentionally removes all of its routes.
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
 * The patterns that a new owner takes over from the old one: those that the old owner still has, and not those that another owner has
 * taken in the meantime. If more than the owner changes, there are none.
 */
export async function yielded(old: Deployed, news: Identity): Promise<string[]> {
  if (differing(old, news).join() !== "owner") return [];
  const { routes } = await readRoutes({ ...placeOf(old), router: old.router });
  const ids = new Set(routes.map(({ id }) => id));
  return Object.entries(old.ids).flatMap(([pattern, id]) => (ids.has(id) ? [pattern] : []));
}

/** `takeover` with further patterns. */
export function takingAlso(takeover: boolean | string[] | undefined, patterns: string[]): boolean | string[] {
  return takeover === true || [...(takeover || []), ...patterns];
}

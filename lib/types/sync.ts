/** The options of `syncRoutes`. */
import type { StoreOptions } from "./call";
import type { EdgeOptions } from "./edge-confirmation";
import type { LintRule } from "./lint";
import type { RoutesPlan } from "./plan";
import type { RouteTarget } from "./targets";
import type { GrowingWriteOptions } from "./writes";

/** Options of {@link syncRoutes}. An unknown option is rejected. */
export interface SyncOptions extends GrowingWriteOptions {
  /**
   * The owner of the routes, such as `app/stage`: 1 to 128 bytes. No part between `/` may be empty, or be a missing value such as
   * `undefined`. Routes of other owners, of SST and of other tools are never touched. A pattern that one of them holds is a
   * `ROUTE_CONFLICT`, unless `takeover` or `adopt` allows it.
   */
  owner: string;

  /**
   * The construct within the owner, such as a resource's URN. It is part of the hash in the routes' ids, so that two constructs
   * with the same target never share an id. Use it together with `previous`.
   */
  part?: string;

  /**
   * The `ids` of this caller's last report, or `{}` for a new caller. Limits the call to these patterns and those of
   * `routes`. Without it, `routes` is the owner's whole set. See {@link syncRoutes}.
   *
   * For a site it may also give the `files` that were declared with it, so that their names need not be read from the store. Wrong
   * `files` are detected and ignored.
   */
  previous?: Record<string, string | PreviousRoute>;

  /**
   * Pattern → target. A pattern is `/path`, `host/path` or `host`. In a host, `*` matches any text. The path is a prefix,
   * percent-encoded and case-sensitive, and matches at segment boundaries. A final `/*` changes nothing: `/api/*` is `/api`, which
   * also matches `/api` itself, while `/api/` matches only paths below it. A pattern whose target is `undefined` counts as not
   * declared. If it is live, it is removed with the warning `TARGET_UNDEFINED`.
   */
  routes: Record<string, RouteTarget | undefined>;

  /**
   * What the call may do to its owner's live routes: `"sync"` adds, changes and removes routes; `"upsert-only"` keeps routes that are no
   * longer declared; `"create-only"` also keeps routes with another target than declared, and those of an earlier call in the same
   * commit. {@link SyncReport.kept} lists the kept routes.
   *
   * @defaultValue `"sync"`
   */
  policy?: "sync" | "upsert-only" | "create-only";

  /**
   * Takes over declared patterns that other owners or SST hold: all of them with `true`, or the listed ones. Each pattern is
   * switched in one write, and listed in {@link SyncReport.taken}. The record of another owner's target is kept for `gracePeriod`, as for a
   * route of this owner. SST's metadata is not deleted.
   *
   * @defaultValue `false`
   */
  takeover?: boolean | string[];

  /**
   * Takes over entries of SST, or of a tool that writes like SST, that already have the declared target. Their metadata is also taken
   * over, and deleted after `gracePeriod`. Targets are compared by their effect at the edge, and not by their spelling. An entry with
   * another target is still a `ROUTE_CONFLICT`, which names the fields that differ.
   *
   * @defaultValue `false`
   */
  adopt?: boolean;

  /**
   * Lets an empty whole set remove all routes of the owner. Without it, an empty set is `UNSAFE_PLAN`, since it may be empty by
   * mistake.
   *
   * @defaultValue `false`
   */
  allowEmpty?: boolean;

  /**
   * The maximum number of routes that the call may remove: a number, or a percentage of the owner's routes in the router, such as `"20%"`,
   * rounded down. A percentage above zero allows at least one route. If the call would remove more, it rejects with `UNSAFE_PLAN`, and
   * nothing is written. The limit refers to the state of the store when the call reads it.
   *
   * @defaultValue no limit
   */
  maxRemoved?: number | `${number}%`;

  /**
   * The levels of the lint rules, which find routes that are valid but probably do not work as intended, in the declaration and in the
   * planned table: `"off"`, `"warn"` for a warning in the report, or `"error"` for a rejection with `LINT` before anything is written.
   * [docs/lint.md](./docs/lint.md) describes each rule. By default, `HTTP_ORIGIN` and `URL_PORT` are errors, since SST's edge function
   * cannot serve such targets. All other rules warn.
   */
  lint?: { [R in LintRule]?: "off" | "warn" | "error" };

  /**
   * The number of the owner's last changes to keep, so that {@link rollbackRoutes} can undo them: a whole number from 0 (none) to 20. For
   * each change, the replaced entries, of about 50 bytes each, are kept in keys of up to 1 kB, and the records of their targets
   * stay in the store. The number applies to the owner until a call sets another one, also for calls without this option. Without this
   * option in any call, nothing is kept or written for it.
   */
  history?: number;
}

/** A route that the caller declared before. */
export interface PreviousRoute {
  /** The route's id in {@link SyncReport.ids}. */
  id: string;

  /** The {@link SiteTarget.files} of the route when it was declared. */
  files?: string[];
}

/** Options of {@link syncRoutes} to apply a plan. The plan contains the store and the declaration. */
export interface ApplyOptions extends Omit<StoreOptions, "store"> {
  /**
   * The plan that {@link planRoutes} returned, which may have been saved as JSON. If the store has been written since, the call
   * rejects with `PLAN_STALE`, and nothing is written.
   */
  plan: RoutesPlan;

  /** As {@link WriteOptions.edge}, in place of the planned call's. */
  edge?: EdgeOptions;
}

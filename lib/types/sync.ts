/** What a call declares. */
import type { StoreOptions } from "./call";
import type { LintRule } from "./lint";
import type { RoutesPlan } from "./plan";
import type { RouteTarget } from "./targets";
import type { GrowingWriteOptions } from "./writes";

/** What one call declares. An option that is not listed here is refused. */
export interface SyncOptions extends GrowingWriteOptions {
  /**
   * Who declares, such as `app/stage`: 1 to 128 bytes. No part between `/` may be empty, or stand for a missing value as
   * `undefined` does. Routes of other owners, of SST and of other tools are never touched; a pattern
   * that one of them holds is a `ROUTE_CONFLICT`, unless `takeover` or `adopt` allows it.
   */
  owner: string;

  /**
   * The construct within the owner, such as a resource's URN. It enters the routes' ids, so that two constructs with the
   * same target never share one. Use it together with `previous`.
   */
  part?: string;

  /**
   * The `ids` of this caller's last report, `{}` for a new caller: limits the call to these patterns and those of
   * `routes`. Left out, `routes` is the owner's whole set. See {@link syncRoutes}.
   *
   * Of a site it may also give the `files` that were declared with it: their names need not be read from the store then. Where
   * they are wrong, they are not believed.
   */
  previous?: Record<string, string | PreviousRoute>;

  /**
   * Pattern → target. A pattern is `/path`, `host/path` or `host`; `*` stands for any part of a host; the path is a
   * prefix, matched at segment boundaries, case-sensitive and as percent-encoded. A final `/*` says what leaving it off says:
   * `/api/*` is `/api`, which takes `/api` itself, too; `/api/` takes only what is below. A pattern whose target is
   * `undefined` is taken as left out. Where it is live it is removed, with the warning `TARGET_UNDEFINED`.
   */
  routes: Record<string, RouteTarget | undefined>;

  /**
   * What the call may do to routes of its owner that stand: `"sync"` adds, changes and removes; `"upsert-only"` leaves what is not
   * declared any more; `"create-only"` also leaves routes that lead elsewhere than declared, and those of an earlier call in the same commit. What was left is in {@link SyncReport.kept}.
   *
   * @defaultValue `"sync"`
   */
  policy?: "sync" | "upsert-only" | "create-only";

  /**
   * Takes declared patterns from the owners, or from SST, that hold them: `true` for all, or these. Each is switched in one
   * write, and told in {@link SyncReport.taken}. The record of another owner's target is kept for `gracePeriod` like that of an own route;
   * SST's metadata stays where it is.
   *
   * @defaultValue `false`
   */
  takeover?: boolean | string[];

  /**
   * Takes over entries of SST, or of a tool that writes like SST, that lead to the declared target already, and their metadata
   * with them: it goes after `gracePeriod`. What counts is what the edge function does with the metadata, not how it is spelled. One
   * that leads elsewhere stays a `ROUTE_CONFLICT`, which names the fields that differ.
   *
   * @defaultValue `false`
   */
  adopt?: boolean;

  /**
   * Lets an empty whole set remove all routes of the owner; without it that is `UNSAFE_PLAN`. A set that was lost on the way
   * looks the same as one that was emptied.
   *
   * @defaultValue `false`
   */
  allowEmpty?: boolean;

  /**
   * The most routes that the call may remove: a number, or a share of what the owner has in the router, such as `"20%"`, rounded down. A share
   * above zero allows at least one. More is `UNSAFE_PLAN`, and nothing is written. What counts is the store as the call finds it.
   *
   * @defaultValue no bound
   */
  maxRemoved?: number | `${number}%`;

  /**
   * What rules do that look for routes which can be stored but do not do what was meant, in the declaration and in the whole
   * table as it would be: nothing, a warning in the report, or a rejection with `LINT` before anything is written.
   * [docs/lint.md](./docs/lint.md) has each. By default `HTTP_ORIGIN` and `URL_PORT`, which SST's edge function cannot serve, are
   * errors, and all others warn.
   */
  lint?: { [R in LintRule]?: "off" | "warn" | "error" };

  /**
   * Keeps the owner's last so many changes, so that {@link rollbackRoutes} can undo them: a whole number from 0 (none) to 20. A
   * change keeps the entries that it replaces, of about 50 bytes each, in keys of up to 1 kB, and the records that these lead to
   * stay in the store. Once said it holds for the owner, also for calls that do not say it, until another number is said.
   * Nothing is kept or written for owners that never say it.
   */
  history?: number;
}

/** A route that the caller declared before. */
export interface PreviousRoute {
  /** Its id in {@link SyncReport.ids}. */
  id: string;

  /** The {@link SiteTarget.files} that it was declared with. */
  files?: string[];
}

/** What {@link syncRoutes} takes to apply a plan: what is declared, and where, is in the plan. */
export interface ApplyOptions extends Omit<StoreOptions, "store"> {
  /**
   * What {@link planRoutes} returned, also when it has been a JSON file meanwhile. If the store has been written since, the call
   * is rejected with `PLAN_STALE`, and nothing is written.
   */
  plan: RoutesPlan;
}

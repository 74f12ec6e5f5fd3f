/**
 * Routes as Pulumi resources, also inside SST.
 *
 * @packageDocumentation
 */
import type * as pulumi from "@pulumi/pulumi";

import type {
  BucketTarget,
  ClientOptions,
  NamespaceTarget,
  RouteTarget,
  SiteTarget,
  SyncOptions,
  UrlTarget,
} from "./index.js";

/** `T`, in which every value may be the output of another resource. */
export type Inputs<T> = T extends string | number | boolean | undefined
  ? pulumi.Input<T>
  : T extends (infer Item)[]
    ? pulumi.Input<Inputs<Item>[]>
    : pulumi.Input<{ [K in keyof T]: Inputs<T[K]> }>;

/** {@link ClientOptions} that may stand in a state: who calls is said by `profile`, `assumeRole` or the environment. */
export type StateClient = Omit<ClientOptions, "credentials">;

/** Options of {@link SyncOptions} that a resource passes on. */
export type PassedOptions = Omit<
  SyncOptions,
  | "store"
  | "router"
  | "owner"
  | "routes"
  | "client"
  | "part"
  | "previous"
  | "allowEmpty"
  | "signal"
  | "onProgress"
>;

/** What every resource here takes besides its routes. */
export interface CommonArgs extends Partial<{
  [K in keyof PassedOptions]: Inputs<NonNullable<PassedOptions[K]>>;
}> {
  /**
   * Who declares: see {@link SyncOptions.owner}. A changed owner replaces: the new one takes the routes from the old one in one write.
   *
   * @defaultValue `organization/project/stack`; in SST, for a router that was attached, `app/stage/name`
   */
  owner?: pulumi.Input<string>;

  /** Where the service is and as whom to call it. Fixed `credentials` are refused, since they would be kept in the state. */
  client?: Inputs<StateClient>;
}

/** What {@link Routes} takes. */
export interface RoutesArgs extends CommonArgs {
  /** The ARN of the KeyValueStore. Another store replaces: the new one is written first. */
  store: pulumi.Input<string>;

  /** The namespace that holds the route table. Another router replaces: the new one is written first. */
  router: pulumi.Input<string>;

  /** Pattern → target, as {@link SyncOptions.routes}. */
  routes: pulumi.Input<Record<string, Inputs<RouteTarget>>>;
}

/**
 * Some routes of a router, as a resource: deployed, changed and removed with the stack, without touching what others have there.
 * Any number of them run at once in few writes.
 *
 * A preview says what is wrong with the declaration and shows the plan; it writes nothing, and waits for nothing that is not yet
 * known. `pulumi refresh` compares with the live store, and the next `pulumi up` mends what differs. Deleting it succeeds also
 * when the store is gone.
 *
 * Pulumi cannot import resources of this kind: a new one takes over what its owner has live under its patterns, and with `adopt`
 * what SST has there.
 *
 * @example
 * ```ts no-run
 * new Routes("api", { store: kvs.arn, router: "678a", routes: { "/api": fn.functionUrl } });
 * ```
 */
export class Routes extends pulumi.CustomResource {
  constructor(name: string, args: RoutesArgs, opts?: pulumi.CustomResourceOptions);

  /** Whether `value` is one, also of another copy of this package. */
  static isInstance(value: unknown): value is Routes;

  /** Pattern → route id of each route. */
  readonly ids: pulumi.Output<Record<string, string>>;

  /** The store's ETag under which the routes last were made live. */
  readonly etag: pulumi.Output<string>;

  readonly store: pulumi.Output<string>;
  readonly router: pulumi.Output<string>;
  readonly owner: pulumi.Output<string>;
}

/** What {@link Router} takes. */
export interface RouterArgs extends CommonArgs {
  /** The ARN of the KeyValueStore. */
  store: pulumi.Input<string>;

  /** The namespace that holds the route table: of an SST router, {@link sstNamespace} tells it. */
  router: pulumi.Input<string>;
}

/** What {@link Router.attach} and {@link Router.get} take. */
export interface AttachArgs extends CommonArgs {
  /** The name of the resource. @defaultValue that of SST's router, followed by `Routes` */
  name?: string;
}

/** What SST's `sst.aws.Router` shows of its store. */
export interface SstRouter {
  /** @internal */
  readonly _kvStoreArn?: pulumi.Input<string | undefined>;
  /** @internal */
  readonly _kvNamespace?: pulumi.Input<string | undefined>;
}

/** What a target in SST's spelling takes besides its URL. */
export type RouteArgs = Omit<UrlTarget, "url">;

/** What a bucket target in SST's spelling takes besides the bucket. */
export type RouteBucketArgs = Omit<BucketTarget, "bucket">;

/** A bucket: its regional domain, SST's `Bucket`, or the AWS provider's. */
export type BucketLike =
  | string
  | { readonly bucketRegionalDomainName: pulumi.Input<string> }
  | {
      readonly nodes: {
        readonly bucket: pulumi.Input<{ readonly bucketRegionalDomainName: pulumi.Input<string> }>;
      };
    };

/**
 * A router whose routes are declared one by one, in SST's spelling, and made live together: once per deploy, when the program
 * has run to its end.
 *
 * @example
 * ```ts no-run
 * const router = new Router("Routes", { store: kvs.arn, router: sstNamespace({ app: "shop", stage, name: "MyRouter" }) });
 * router.route("/api", api.url, { rewrite: { regex: "^/api/(.*)$", to: "/$1" } });
 * router.routeBucket("docs.example.com/", docs);
 * ```
 */
export class Router extends pulumi.ComponentResource {
  constructor(name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions);

  /**
   * Binds to a router of SST: `new sst.aws.Router(…)`, or `sst.aws.Router.get(…)` for one of another app or stage.
   *
   * @example
   * ```ts no-run
   * const { Router } = await import("routesync/pulumi");
   * const routes = Router.attach(new sst.aws.Router("MyRouter"));
   * routes.route("/api", api.url);
   * ```
   */
  static attach(router: SstRouter, args?: AttachArgs, opts?: pulumi.ComponentResourceOptions): Router;

  /**
   * Binds to the router that a CloudFront distribution of SST serves, by its tags `sst:ref:kv` and `sst:ref:kv-namespace`:
   * `aws.cloudfront.Distribution.get(…)` or `aws.cloudfront.getDistributionOutput(…)`.
   */
  static get(
    name: string,
    distribution: { readonly tags: pulumi.Input<Record<string, string> | undefined> },
    args?: CommonArgs,
    opts?: pulumi.ComponentResourceOptions,
  ): Router;

  /** Declares a route to a URL. */
  route(pattern: pulumi.Input<string>, url: pulumi.Input<string>, args?: Inputs<RouteArgs>): void;

  /** Declares a route to an S3 bucket. */
  routeBucket(
    pattern: pulumi.Input<string>,
    bucket: pulumi.Input<BucketLike>,
    args?: Inputs<RouteBucketArgs>,
  ): void;

  /**
   * Declares a route to a site: with its files and servers, or by the namespace that another construct fills, such as a site that SST
   * deploys.
   */
  routeSite(pattern: pulumi.Input<string>, site: Inputs<SiteTarget | NamespaceTarget>): void;

  /**
   * Ends the declaration now: needed only where the process outlives the program, as with Pulumi's Automation API and an inline program.
   * Elsewhere the program's end does it.
   */
  sync(): void;

  /** The resource that makes the routes live. */
  readonly routes: Routes;

  readonly store: pulumi.Output<string>;
  readonly router: pulumi.Output<string>;
  readonly owner: pulumi.Output<string>;
}

/**
 * The namespace of SST's `Router` of that name: the first four hex digits of a hash of app, stage and name.
 *
 * @example
 * ```ts no-run
 * sstNamespace({ app: "shop", stage: "production", name: "MyRouter" });
 * ```
 */
export function sstNamespace(of: { app: string; stage: string; name: string }): string;

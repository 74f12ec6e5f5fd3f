/** SST's spelling: routes are declared one by one, and made live together by one resource. */
import * as pulumi from "@pulumi/pulumi";

import type {
  AttachArgs,
  BucketLike,
  CommonArgs,
  Inputs,
  RouteArgs,
  RouteBucketArgs,
  RouterArgs,
  SstRouter,
} from "./args";
import type { NamespaceTarget, RouteTarget, SiteTarget } from "../types";
import { RouteSyncError } from "../errors";
import { attachedOwner, nameOf, stackOwner } from "./names";
import { Routes } from "./routes";

interface Declared {
  pattern: pulumi.Input<string>;
  target: Inputs<RouteTarget>;
}

/** Routers whose program has not run to its end. */
const open = new Set<Router>();

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
  /** The resource that makes the routes live. */
  readonly routes: Routes;

  readonly store: pulumi.Output<string>;
  readonly router: pulumi.Output<string>;
  readonly owner: pulumi.Output<string>;

  private readonly declared: Declared[] = [];
  private readonly end: Promise<void>;
  private resolveEnd!: () => void;

  constructor(name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("routesync:index:Router", name, {}, opts);
    this.end = new Promise((resolve) => (this.resolveEnd = resolve));
    const owner = args.owner ?? stackOwner();
    this.routes = new Routes(
      name,
      // A promise, not an output: it keeps apart which of the targets are known.
      { ...args, owner, routes: this.end.then(() => collected(this.declared)) },
      { parent: this },
    );
    this.store = pulumi.output(args.store);
    this.router = pulumi.output(args.router);
    this.owner = pulumi.output(owner);
    this.registerOutputs({ store: this.store, router: this.router, owner: this.owner });
    // Pulumi ends a program when nothing is left to do, and gives others their turn before that.
    if (open.size === 0) process.prependListener("beforeExit", endAll);
    open.add(this);
  }

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
  static attach(router: SstRouter, args: AttachArgs = {}, opts?: pulumi.ComponentResourceOptions): Router {
    there(router, "Router.attach", "router");
    const { name = `${nameOf(router) ?? ""}Routes`, ...rest } = args;
    const { _kvStoreArn: store, _kvNamespace: namespace } = router;
    const message =
      "has no KeyValueStore: give sst.aws.Router no inline `routes`, and deploy the stage that made it with the same SST";
    return new Router(
      name,
      {
        ...rest,
        owner: rest.owner ?? attachedOwner(name),
        store: required(store, `Router.attach: the router ${message}`),
        router: required(namespace, `Router.attach: the router ${message}`),
      },
      opts,
    );
  }

  /**
   * Binds to the router that a CloudFront distribution of SST serves, by its tags `sst:ref:kv` and `sst:ref:kv-namespace`:
   * `aws.cloudfront.Distribution.get(…)` or `aws.cloudfront.getDistributionOutput(…)`.
   */
  static get(
    name: string,
    distribution: { readonly tags: pulumi.Input<Record<string, string> | undefined> },
    args: CommonArgs = {},
    opts?: pulumi.ComponentResourceOptions,
  ): Router {
    there(distribution, "Router.get", "distribution");
    const tag = (key: string) =>
      required(
        pulumi.output(distribution.tags).apply((tags) => tags?.[key]),
        `Router.get: the distribution has no tag ${key}: it is not that of an SST Router`,
      );
    return new Router(
      name,
      {
        ...args,
        owner: args.owner ?? attachedOwner(name),
        store: tag("sst:ref:kv"),
        router: tag("sst:ref:kv-namespace"),
      },
      opts,
    );
  }

  /** Declares a route to a URL. */
  route(pattern: pulumi.Input<string>, url: pulumi.Input<string>, args?: Inputs<RouteArgs>): void {
    this.declare(pattern, "route", merged({ url }, args));
  }

  /** Declares a route to an S3 bucket. */
  routeBucket(
    pattern: pulumi.Input<string>,
    bucket: pulumi.Input<BucketLike>,
    args?: Inputs<RouteBucketArgs>,
  ): void {
    this.declare(pattern, "routeBucket", merged({ bucket: domainOf(bucket) }, args));
  }

  /**
   * Declares a route to a site: with its files and servers, or by the namespace that another construct fills, such as a site that SST
   * deploys.
   */
  routeSite(pattern: pulumi.Input<string>, site: Inputs<SiteTarget | NamespaceTarget>): void {
    this.declare(pattern, "routeSite", site as Inputs<RouteTarget>);
  }

  /**
   * Ends the declaration now: needed only where the process outlives the program, as with Pulumi's Automation API and an inline program.
   * Elsewhere the program's end does it.
   */
  sync(): void {
    if (!open.delete(this)) return;
    if (open.size === 0) process.removeListener("beforeExit", endAll);
    this.resolveEnd();
  }

  private declare(pattern: pulumi.Input<string>, method: string, target: Inputs<RouteTarget>): void {
    if (!open.has(this)) {
      const message = `${method}: the routes have been synced already: declare before the program ends, and before anything waits for them`;
      throw new RouteSyncError({ code: "INVALID_OPTION", message });
    }
    if (typeof pattern === "string" && this.declared.some((other) => other.pattern === pattern)) {
      throw twice(pattern);
    }
    this.declared.push({ pattern, target });
  }
}

function endAll(): void {
  for (const router of open) router.sync();
}

/** The map that {@link Routes} takes; patterns that are outputs make it one. */
function collected(declared: Declared[]): Record<string, Inputs<RouteTarget>> {
  const patterns = declared.map(({ pattern }) => pattern);
  const byPattern = (known: string[]) => {
    const routes: Record<string, Inputs<RouteTarget>> = {};
    known.forEach((pattern, index) => {
      if (pattern in routes) throw twice(pattern);
      routes[pattern] = (declared[index] as Declared).target;
    });
    return routes;
  };
  if (patterns.every((pattern) => typeof pattern === "string")) return byPattern(patterns);
  return pulumi.all(patterns).apply(byPattern) as unknown as Record<string, Inputs<RouteTarget>>;
}

function twice(pattern: string): RouteSyncError {
  const message = `routes["${pattern}"]: is declared twice: keep one of the two`;
  return new RouteSyncError({ code: "ROUTE_CONFLICT", message, details: { path: `routes["${pattern}"]` } });
}

/** Keeps apart which of the values are known, where `args` is not an output itself. */
function merged(target: object, args: pulumi.Input<object> | undefined): Inputs<RouteTarget> {
  const whole =
    pulumi.Output.isInstance(args) || args instanceof Promise
      ? pulumi.all([target, args]).apply(([known, more]) => Object.assign({}, known, more))
      : { ...target, ...args };
  return whole as Inputs<RouteTarget>;
}

function domainOf(bucket: pulumi.Input<BucketLike>): pulumi.Output<string> {
  return pulumi.output(bucket as pulumi.Input<object | string>).apply((known): pulumi.Output<string> => {
    if (typeof known === "string") return pulumi.output(known);
    const { nodes, bucketRegionalDomainName } = known as {
      nodes?: { bucket: { bucketRegionalDomainName: pulumi.Input<string> } };
      bucketRegionalDomainName?: pulumi.Input<string>;
    };
    return pulumi.output((nodes ? nodes.bucket.bucketRegionalDomainName : bucketRegionalDomainName) ?? "");
  });
}

/** In `sst dev`, SST has `undefined` in the place of some components. */
function there(value: unknown, method: string, path: string): void {
  if (typeof value === "object" && value !== null) return;
  const found = value === null ? "null" : typeof value;
  const message = `${method}: expected a ${path}, found ${found}. In \`sst dev\` SST leaves out some components: call ${method} only where there is one, as in \`if (${path})\``;
  throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path } });
}

function required(value: pulumi.Input<string | undefined>, message: string): pulumi.Output<string> {
  return pulumi.output(value).apply((known) => {
    if (known) return known;
    throw new RouteSyncError({ code: "INVALID_OPTION", message });
  });
}

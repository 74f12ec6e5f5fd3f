/** A component with the methods of SST's router. It declares routes one by one, and deploys them together as one resource. */
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

/** Routers whose program has not ended yet. */
const open = new Set<Router>();

/**
 * A router whose routes are declared one by one, with the methods of SST's router. They are deployed together, once per deploy, at the
 * end of the program.
 *
 * @example
 * ```ts no-run
 * const router = new Router("Routes", { store: kvs.arn, router: sstNamespace({ app: "shop", stage, name: "MyRouter" }) });
 * router.route("/api", api.url, { rewrite: { regex: "^/api/(.*)$", to: "/$1" } });
 * router.routeBucket("docs.example.com/", docs);
 * ```
 */
export class Router extends pulumi.ComponentResource {
  /** The resource that deploys the routes. */
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
      // A promise, since an output of the whole map would be unknown if only one target is.
      { ...args, owner, routes: this.end.then(() => collected(this.declared)) },
      { parent: this },
    );
    this.store = pulumi.output(args.store);
    this.router = pulumi.output(args.router);
    this.owner = pulumi.output(owner);
    this.registerOutputs({ store: this.store, router: this.router, owner: this.owner });
    // Pulumi ends a program in `beforeExit`, when no work is left. A prepended listener runs before that.
    if (open.size === 0) process.prependListener("beforeExit", endAll);
    open.add(this);
  }

  /**
   * Attaches to a router of SST: `new sst.aws.Router(…)`, or `sst.aws.Router.get(…)` for a router of another app or stage.
   *
   * @example
   * ```ts no-run
   * const { Router } = await import("routesync/pulumi");
   * const routes = Router.attach(new sst.aws.Router("MyRouter"));
   * routes.route("/api", api.url);
   * ```
   */
  static attach(router: SstRouter, args: AttachArgs = {}, opts?: pulumi.ComponentResourceOptions): Router {
    expectObject(router, "Router.attach", "router");
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
   * Attaches to the router that a CloudFront distribution of SST serves. The tags `sst:ref:kv` and `sst:ref:kv-namespace` of the
   * distribution name it. Pass `aws.cloudfront.Distribution.get(…)` or `aws.cloudfront.getDistributionOutput(…)`.
   */
  static get(
    name: string,
    distribution: { readonly tags: pulumi.Input<Record<string, string> | undefined> },
    args: CommonArgs = {},
    opts?: pulumi.ComponentResourceOptions,
  ): Router {
    expectObject(distribution, "Router.get", "distribution");
    const tag = (key: string) =>
      required(
        pulumi.output(distribution.tags).apply((tags) => tags?.[key]),
        `Router.get: the distribution has no tag ${key}: pass the distribution of an SST Router`,
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
   * Declares a route to a site: with its files and servers, or by a namespace that another construct fills, such as a site that SST
   * deploys.
   */
  routeSite(pattern: pulumi.Input<string>, site: Inputs<SiteTarget | NamespaceTarget>): void {
    this.declare(pattern, "routeSite", site as Inputs<RouteTarget>);
  }

  /**
   * Ends the declaration now. This is needed only if the process outlives the program, as with an inline program of Pulumi's Automation
   * API. Otherwise the program's end does the same.
   */
  sync(): void {
    if (!open.delete(this)) return;
    if (open.size === 0) process.removeListener("beforeExit", endAll);
    this.resolveEnd();
  }

  private declare(pattern: pulumi.Input<string>, method: string, target: Inputs<RouteTarget>): void {
    if (!open.has(this)) {
      const message = `${method}: the routes have already been deployed: declare all routes before sync() is called, and before the program ends`;
      throw new RouteSyncError({ code: "INVALID_OPTION", message });
    }
    if (typeof pattern === "string" && this.declared.some((other) => other.pattern === pattern)) {
      throw duplicate(pattern);
    }
    this.declared.push({ pattern, target });
  }
}

function endAll(): void {
  for (const router of open) router.sync();
}

/** The map for {@link Routes}. If a pattern is an output, the whole map becomes one. */
function collected(declared: Declared[]): Record<string, Inputs<RouteTarget>> {
  const patterns = declared.map(({ pattern }) => pattern);
  const byPattern = (known: string[]) => {
    const routes: Record<string, Inputs<RouteTarget>> = {};
    known.forEach((pattern, index) => {
      if (pattern in routes) throw duplicate(pattern);
      routes[pattern] = (declared[index] as Declared).target;
    });
    return routes;
  };
  if (patterns.every((pattern) => typeof pattern === "string")) return byPattern(patterns);
  return pulumi.all(patterns).apply(byPattern) as unknown as Record<string, Inputs<RouteTarget>>;
}

function duplicate(pattern: string): RouteSyncError {
  const message = `routes["${pattern}"]: is declared twice: remove one of the two declarations`;
  return new RouteSyncError({ code: "ROUTE_CONFLICT", message, details: { path: `routes["${pattern}"]` } });
}

/** Merges `args` into a target. The values stay separate outputs, unless `args` itself is an output. */
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

/** Rejects a value that is not an object. In `sst dev`, some components of SST are `undefined`. */
function expectObject(value: unknown, method: string, path: string): void {
  if (typeof value === "object" && value !== null) return;
  const found = value === null ? "null" : typeof value;
  const message = `${method}: expected a ${path}, found ${found}. In \`sst dev\`, SST leaves out some components: call ${method} only if the ${path} exists, as in \`if (${path})\``;
  throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path } });
}

function required(value: pulumi.Input<string | undefined>, message: string): pulumi.Output<string> {
  return pulumi.output(value).apply((known) => {
    if (known) return known;
    throw new RouteSyncError({ code: "INVALID_OPTION", message });
  });
}

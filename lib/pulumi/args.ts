/** The arguments of Pulumi's resources, derived from the options of `syncRoutes`. */
import type * as pulumi from "@pulumi/pulumi";

import type { BucketTarget, PassedOptions, RouteTarget, StateClient, UrlTarget } from "../types";

/** `T`, in which every value may also be an output of another resource. */
export type Inputs<T> = T extends string | number | boolean | undefined
  ? pulumi.Input<T>
  : T extends (infer Item)[]
    ? pulumi.Input<Inputs<Item>[]>
    : pulumi.Input<{ [K in keyof T]: Inputs<T[K]> }>;

/** The common arguments of all resources. */
export interface CommonArgs extends Partial<{
  [K in keyof PassedOptions]: Inputs<NonNullable<PassedOptions[K]>>;
}> {
  /**
   * The owner of the routes: see {@link SyncOptions.owner}. A changed owner replaces the resource. The new owner takes over the routes
   * of the old one in one write.
   *
   * @defaultValue `organization/project/stack`, or `app/stage/name` for an attached router in SST
   */
  owner?: pulumi.Input<string>;

  /** The endpoint, and the profile or role for the calls. `credentials` are rejected, since they would be saved in the state. */
  client?: Inputs<StateClient>;
}

/** The arguments of {@link Routes}. */
export interface RoutesArgs extends CommonArgs {
  /** The ARN of the KeyValueStore. Another store replaces the resource. The new store is written first. */
  store: pulumi.Input<string>;

  /** The namespace of the route table. Another router replaces the resource. The new router is written first. */
  router: pulumi.Input<string>;

  /** The target for each pattern, as in {@link SyncOptions.routes}. */
  routes: pulumi.Input<Record<string, Inputs<RouteTarget>>>;
}

/** The arguments of {@link Router}. */
export interface RouterArgs extends CommonArgs {
  /** The ARN of the KeyValueStore. */
  store: pulumi.Input<string>;

  /** The namespace of the route table. For an SST router, {@link sstNamespace} computes it. */
  router: pulumi.Input<string>;
}

/** The arguments of {@link Router.attach} and {@link Router.get}. */
export interface AttachArgs extends CommonArgs {
  /** The name of the resource. @defaultValue the name of SST's router, followed by `Routes` */
  name?: string;
}

/** The properties of SST's `sst.aws.Router` that name its store and namespace. */
export interface SstRouter {
  /** @internal */
  readonly _kvStoreArn?: pulumi.Input<string | undefined>;
  /** @internal */
  readonly _kvNamespace?: pulumi.Input<string | undefined>;
}

/** The options of {@link Router.route} besides the URL. */
export type RouteArgs = Omit<UrlTarget, "url">;

/** The options of {@link Router.routeBucket} besides the bucket. */
export type RouteBucketArgs = Omit<BucketTarget, "bucket">;

/** A bucket, as its regional domain, as SST's `Bucket`, or as a bucket of the AWS provider. */
export type BucketLike =
  | string
  | { readonly bucketRegionalDomainName: pulumi.Input<string> }
  | {
      readonly nodes: {
        readonly bucket: pulumi.Input<{ readonly bucketRegionalDomainName: pulumi.Input<string> }>;
      };
    };

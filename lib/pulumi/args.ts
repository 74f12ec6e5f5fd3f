/** What Pulumi's resources take, derived from the options of `syncRoutes`. */
import type * as pulumi from "@pulumi/pulumi";

import type { BucketTarget, PassedOptions, RouteTarget, StateClient, UrlTarget } from "../types";

/** `T`, in which every value may be the output of another resource. */
export type Inputs<T> = T extends string | number | boolean | undefined
  ? pulumi.Input<T>
  : T extends (infer Item)[]
    ? pulumi.Input<Inputs<Item>[]>
    : pulumi.Input<{ [K in keyof T]: Inputs<T[K]> }>;

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

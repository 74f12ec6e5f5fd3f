/**
 * Routes as an AWS CDK construct.
 *
 * @packageDocumentation
 */
import type { CustomResource } from "aws-cdk-lib";
import type { Architecture, IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

import type { ClientOptions, RouteTarget, SyncOptions } from "./index.js";

/** What {@link Routes} takes: options of `syncRoutes`, in which strings may be tokens. */
export interface RoutesProps extends Pick<
  SyncOptions,
  | "adopt"
  | "allowBeyondSst"
  | "deadline"
  | "graceSeconds"
  | "maxRemoved"
  | "metadataFirst"
  | "policy"
  | "repair"
  | "takeover"
  | "verify"
> {
  /** The ARN of the KeyValueStore. */
  store: string;

  /** The namespace that holds the route table. */
  router: string;

  /** Pattern → target, as {@link SyncOptions.routes}: the owner's whole set. */
  routes: Record<string, RouteTarget>;

  /**
   * Who declares. Each construct is an owner of its own. A changed owner takes the routes from the old one in one write.
   *
   * @defaultValue the stack's name and the construct's path in it
   */
  owner?: string;

  /** Where the service is, and which role to assume. Credentials are the function's. */
  client?: Omit<ClientOptions, "credentials" | "profile">;

  /**
   * What the function runs on. Its binary, such as `routesync-linux-arm64-gnu`, must be installed where the stack is synthesized.
   *
   * @defaultValue `Architecture.X86_64`
   */
  architecture?: Architecture;
}

/**
 * Some routes of a router, deployed, changed, rolled back and removed with the stack. A function in the stack makes them live; it may do
 * so in this store and no other. Deleting the stack succeeds also when the store is gone.
 *
 * @example
 * ```ts no-run
 * new Routes(this, "Routes", { store: kvs.keyValueStoreArn, router: "678a", routes: { "/api": { url: api.url } } });
 * ```
 */
export class Routes extends Construct {
  constructor(scope: Construct, id: string, props: RoutesProps);

  /** What CloudFormation keeps of it. */
  readonly resource: CustomResource;

  /** The function that makes the routes live. */
  readonly handler: IFunction;

  /** The store's ETag under which the routes last were made live: a token. */
  readonly etag: string;
}

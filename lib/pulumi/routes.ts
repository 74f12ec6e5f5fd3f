/** A resource whose implementation runs in Pulumi's process for dynamic providers. */
import * as pulumi from "@pulumi/pulumi";

import { withoutCredentials } from "../credentials";
import { RouteSyncError } from "../errors";
import type { RoutesArgs } from "./args";
import { handlerText } from "./handler";
import { stackOwner } from "./names";

/** Pulumi's process for dynamic providers serves types with this prefix. */
const TYPE = "pulumi-nodejs:dynamic/routesync:Routes";

let handler: string | undefined;

/**
 * Some routes of a router, as a resource. They are deployed, changed and removed with the stack, and routes of others stay unchanged.
 * Resources that are deployed at the same time share writes.
 *
 * A preview reports errors in the declaration and shows the plan. It writes nothing, and does not wait for values that are not known
 * yet. `pulumi refresh` compares the state with the live store, and the next `pulumi up` repairs the differences. The deletion of a
 * resource also succeeds if the store no longer exists.
 *
 * Pulumi cannot import resources of this kind. A new resource takes over its owner's live routes with the same patterns, and with
 * `adopt` those of SST.
 *
 * @example
 * ```ts no-run
 * new Routes("api", { store: kvs.arn, router: "678a", routes: { "/api": fn.functionUrl } });
 * ```
 */
export class Routes extends pulumi.CustomResource {
  /** The route id of each pattern. */
  declare readonly ids: pulumi.Output<Record<string, string>>;

  /** The store's ETag after the last deploy of the routes. */
  declare readonly etag: pulumi.Output<string>;

  declare readonly store: pulumi.Output<string>;
  declare readonly router: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;

  /** Whether `value` is a `Routes` resource, possibly of another copy of this package. */
  static override isInstance(value: unknown): value is Routes {
    const { __pulumiType: type } = (value ?? {}) as { __pulumiType?: unknown };
    return type === TYPE;
  }

  constructor(name: string, args: RoutesArgs, opts: pulumi.CustomResourceOptions = {}) {
    if (opts.import !== undefined) throw noImport();
    super(
      TYPE,
      name,
      {
        ...args,
        // Only values that are already known can be rejected here. The provider checks again.
        client: withoutCredentials(args.client),
        owner: args.owner ?? stackOwner(),
        part: pulumi.createUrn(name, TYPE, opts.parent),
        session: { preview: pulumi.runtime.isDryRun(), secret: pulumi.isSecret(pulumi.output(args.routes)) },
        ids: undefined,
        etag: undefined,
        __provider: (handler ??= handlerText()),
      },
      opts,
    );
  }
}

function noImport(): RouteSyncError {
  const message =
    "import: Pulumi cannot import dynamic resources: leave it out. A new resource takes over its owner's live routes, and with adopt: true those of SST";
  return new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "import" } });
}

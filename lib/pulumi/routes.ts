/** A resource whose implementation runs in Pulumi's process for dynamic providers. */
import * as pulumi from "@pulumi/pulumi";

import { withoutCredentials } from "../credentials";
import { RouteSyncError } from "../errors";
import type { RoutesArgs } from "./args";
import { handlerText } from "./handler";
import { stackOwner } from "./names";

/** Pulumi's process for dynamic providers serves what begins so. */
const TYPE = "pulumi-nodejs:dynamic/routesync:Routes";

let handler: string | undefined;

/**
 * Some routes of a router, as a resource: deployed, changed and removed with the stack, without touching what others have there.
 * Any number of them run at once in few writes.
 *
 * A preview says what is wrong with the declaration and shows the plan; it writes nothing, and waits for nothing that is not yet
 * known. `pulumi refresh` compares with the live store, and the next `pulumi up` repairs what differs. Deleting it succeeds also
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
  /** Pattern → route id of each route. */
  declare readonly ids: pulumi.Output<Record<string, string>>;

  /** The store's ETag under which the routes last were made live. */
  declare readonly etag: pulumi.Output<string>;

  declare readonly store: pulumi.Output<string>;
  declare readonly router: pulumi.Output<string>;
  declare readonly owner: pulumi.Output<string>;

  /** Whether `value` is one, also of another copy of this package. */
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
        // Only what is known by now can be refused here; the provider looks again.
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
    "import: Pulumi cannot import dynamic resources; leave it out: a new resource takes over what its owner has live, and with adopt: true what SST has";
  return new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "import" } });
}

/** A resource whose implementation runs in Pulumi's process for dynamic providers. */
import * as pulumi from "@pulumi/pulumi";

import type { Routes as Contract, RoutesArgs } from "../../pulumi";
import { withoutCredentials } from "../credentials";
import { RouteSyncError } from "../errors";
import { handlerText } from "./handler";
import { stackOwner } from "./names";

/** Pulumi's process for dynamic providers serves what begins so. */
const TYPE = "pulumi-nodejs:dynamic/routesync:Routes";

let handler: string | undefined;

export class Routes extends pulumi.CustomResource implements Contract {
  declare readonly ids: Contract["ids"];
  declare readonly etag: Contract["etag"];
  declare readonly store: Contract["store"];
  declare readonly router: Contract["router"];
  declare readonly owner: Contract["owner"];

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

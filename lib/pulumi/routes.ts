/** A resource whose implementation runs in Pulumi's process for dynamic providers. */
import * as pulumi from "@pulumi/pulumi";

import type { Routes as Contract, RoutesArgs } from "../../pulumi";
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

/** What is registered is kept in the state; only what is known by then can be refused here, the provider looks again. */
function withoutCredentials(client: RoutesArgs["client"]): RoutesArgs["client"] {
  if (typeof client === "object" && "credentials" in client && client.credentials !== undefined) {
    const message =
      "client.credentials: would be kept in Pulumi's state; name a profile or a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "client.credentials" } });
  }
  return client;
}

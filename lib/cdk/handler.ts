/** The Lambda function. It handles CloudFormation's events, which the CDK's provider framework forwards. */
import type { SyncOptions } from "../types";
import { isRouteSyncError } from "../errors";
import { placeOf, removalOf } from "../ownership";
import { readRoutes, removeRoutes, syncRoutes } from "../routes";

/** An event of the provider framework. CloudFormation converts all values to strings, so the declaration is one JSON text. */
export interface Event {
  RequestType: "Create" | "Update" | "Delete";
  ResourceProperties: { Declared: string };
  OldResourceProperties?: { Declared: string };
}

export interface Answer {
  PhysicalResourceId?: string;
  Data?: { ETag: string };
}

export async function handler(event: Event): Promise<Answer> {
  try {
    return await answered(event);
  } catch (error) {
    // CloudFormation's log shows only the message.
    throw isRouteSyncError(error) ? new Error(`${error.code}: ${error.message}`) : error;
  }
}

async function answered({ RequestType, ResourceProperties, OldResourceProperties }: Event): Promise<Answer> {
  const declared = JSON.parse(ResourceProperties.Declared) as SyncOptions;
  if (RequestType === "Delete") {
    await removeRoutes(removalOf(declared));
    return {};
  }
  const old = OldResourceProperties && (JSON.parse(OldResourceProperties.Declared) as SyncOptions);
  const takeover = await takenOver(declared, old);
  const report = await syncRoutes({ ...declared, takeover, allowEmpty: true });
  console.log(JSON.stringify(report));
  const { store, router, owner } = declared;
  // If one of these changes, the id names another resource. CloudFormation then deletes the old one at the end of the deploy.
  return { PhysicalResourceId: `${owner} ${router} ${store}`, Data: { ETag: report.etag } };
}

/** The patterns to take over: those of the declaration, and the routes of the owner that the new one replaces. */
async function takenOver(declared: SyncOptions, old?: SyncOptions): Promise<boolean | string[]> {
  const { store, router, owner, takeover = false } = declared;
  const moves = old && old.store === store && old.router === router && old.owner !== owner;
  if (!moves || takeover === true) return takeover;
  const { routes } = await readRoutes({ ...placeOf(declared), router });
  const held = routes.filter((route) => route.owner === old.owner).map(({ pattern }) => pattern);
  return [...(takeover || []), ...held];
}

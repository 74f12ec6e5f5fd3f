/** What runs in Lambda: CloudFormation's events, by way of the CDK's provider framework. */
import type { SyncOptions } from "../types";
import { isRouteSyncError } from "../errors";
import { placeOf, removalOf } from "../ownership";
import { readRoutes, removeRoutes, syncRoutes } from "../routes";

/** An event of the provider framework. CloudFormation makes texts of all values, so the declaration is one text. */
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
    // Only the message reaches CloudFormation's log.
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
  // Another one of these is another resource: CloudFormation then deletes the old one, after all else is done.
  return { PhysicalResourceId: `${owner} ${router} ${store}`, Data: { ETag: report.etag } };
}

/** What the new owner takes from the one that it replaces, and besides what the program allows. */
async function takenOver(declared: SyncOptions, old?: SyncOptions): Promise<boolean | string[]> {
  const { store, router, owner, takeover = false } = declared;
  const moves = old && old.store === store && old.router === router && old.owner !== owner;
  if (!moves || takeover === true) return takeover;
  const { routes } = await readRoutes({ ...placeOf(declared), router });
  const held = routes.filter((route) => route.owner === old.owner).map(({ pattern }) => pattern);
  return [...(takeover || []), ...held];
}

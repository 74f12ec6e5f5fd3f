/** A consumer in ESM form. Every name has its type, and wrong uses are errors. */
import { isRouteSyncError, RouteSyncError, syncRoutes } from "routesync";
import type { RouteTarget, SyncOptions, SyncReport } from "routesync";
import { startLocalStore, type LocalStore } from "routesync/testing";

const target: RouteTarget = { url: "https://a.example" };
export async function deploy(more: Partial<SyncOptions>): Promise<SyncReport> {
  const store: LocalStore = await startLocalStore();
  const options = {
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    routes: { "/api": target },
  };
  // @ts-expect-error the routes are missing
  await syncRoutes({ store: store.arn, router: "678a", owner: "shop/test" }).catch((error: unknown) => {
    if (isRouteSyncError(error) && error.code === "INVALID_OPTION") return error.details.path;
    throw error instanceof RouteSyncError ? error : undefined;
  });
  return syncRoutes({ ...options, ...more });
}

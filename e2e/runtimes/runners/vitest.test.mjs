/** Tests with Vitest, in a separate thread or process. */
import { RouteSyncError, syncRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

test.each([1, 2, 3])("deploy %i", async (n) => {
  const store = await startLocalStore();
  const call = { store: store.arn, client: store.client, router: "678a", owner: "shop/test" };
  const { added } = await syncRoutes({ ...call, routes: { [`/api${n}`]: "https://a.example" } });
  expect(added).toEqual([`/api${n}`]);
  await expect(syncRoutes({})).rejects.toBeInstanceOf(RouteSyncError);
  await store.close();
});

test("after a module reset", async () => {
  vi.resetModules();
  const again = await import("routesync");
  await expect(again.syncRoutes({})).rejects.toThrow("store");
});

/** Tests with Jest, in which each test file has its own realm. The module is reset between calls, and no handle stays open. */
const load = () => ({ ...require("routesync"), ...require("routesync/testing") });

async function deploys({ syncRoutes, startLocalStore }) {
  const store = await startLocalStore();
  const call = { store: store.arn, client: store.client, router: "678a", owner: "shop/test" };
  const { added } = await syncRoutes({ ...call, routes: { "/api": "https://a.example" } });
  await store.close();
  return added;
}

test("before and after a module reset", async () => {
  const before = load();
  expect(await deploys(before)).toEqual(["/api"]);
  jest.resetModules();
  const after = load();
  expect(after.syncRoutes).not.toBe(before.syncRoutes);
  expect(await Promise.all([deploys(before), deploys(after)])).toEqual([["/api"], ["/api"]]);
  await expect(after.syncRoutes({})).rejects.toBeInstanceOf(after.RouteSyncError);
  expect(before.isRouteSyncError(await after.syncRoutes({}).catch((error) => error))).toBe(true);
});

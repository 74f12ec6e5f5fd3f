/** routesync in a busy program: makes `calls` concurrent calls, each with its own route, distributed over `arns`. */
import { syncRoutes } from "routesync";
// oxlint-disable-next-line import/no-unassigned-import -- the import loads the addon
import "routesync/native";

export async function run({ server: { client }, arns, router, calls }) {
  await Promise.all(
    Array.from({ length: calls }, (_, n) => {
      const path = `/service/${n}`;
      const routes = { [path]: `https://v1-service-${n}.example` };
      const store = arns[n % arns.length];
      return syncRoutes({ store, client, router, owner: "bench/many", part: path, previous: {}, routes });
    }),
  );
}

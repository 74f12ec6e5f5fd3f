/** Ours, as a busy program uses it: `calls` calls at once, each with a route of its own, over all of `arns`. */
import { syncRoutes } from "routesync";
// oxlint-disable-next-line import/no-unassigned-import -- loading is what it is for
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

/**
 * Measures the cost of a table for a request at the edge: reads, parsed bytes and scanned entries. The reader is that of the tests, which
 * is written from SST's format alone and runs in a separate context. Compares tables written by SST with those of routesync, fresh and
 * after many changes.
 */
import { syncRoutes } from "routesync";

import { reader } from "../__test__/support/reader.cjs";
import { metadataOf, tableKeys } from "./peers/table.mjs";
import { ROUTER, routesOf } from "./support/routes.mjs";

const SIZES = [1, 10, 50, 200, 1_000, 5_000];
/** The number of deploys that each change a hundredth of the routes. They must not fragment the layout. */
const CHURN = 100;
const REQUESTS = 30;

export async function edge(server) {
  await server.faults({});
  const rows = [];
  for (const size of SIZES) {
    rows.push({ routes: size, writer: "SST", ...(await costs(sstWritten(size), size)) });
    const arn = await server.fresh();
    await deploy(server, arn, routesOf(size));
    rows.push({ routes: size, writer: "routesync", ...(await costs(await server.entries(arn), size)) });
    if (size < CHURN) continue;
    const some = Math.ceil(size / 100);
    for (let n = 0; n < CHURN; n++) {
      const routes = Object.entries(routesOf(size));
      // A range of the routes is removed, and added again at the end of the table by the next deploy.
      const from = (n * some * 7) % size;
      await deploy(server, arn, Object.fromEntries(routes.filter((_, at) => at < from || at >= from + some)));
    }
    await deploy(server, arn, routesOf(size));
    const churned = await costs(await server.entries(arn), size);
    rows.push({ routes: size, writer: `routesync, after ${CHURN} deploys`, ...churned });
  }
  return rows;
}

function deploy({ client }, store, routes) {
  return syncRoutes({ store, client, router: ROUTER, owner: "bench/edge", routes, gracePeriod: 0 });
}

function sstWritten(size) {
  const routes = Object.entries(routesOf(size));
  const id = (n) => n.toString(16).padStart(4, "0");
  return {
    ...tableKeys(ROUTER, routes.map(([path], n) => `url,${id(n)},,${path}`)), // prettier-ignore
    ...Object.fromEntries(routes.map(([, url], n) => [`${id(n)}:metadata`, metadataOf(url)])),
  };
}

async function costs(entries, size) {
  let reads = 0;
  let bytes = 0;
  const counted = new Proxy(entries, {
    get(target, key) {
      reads += 1;
      bytes += Buffer.byteLength(target[key]);
      return target[key];
    },
  });
  const ask = reader(counted);
  for (let n = 0; n < REQUESTS; n++) {
    const path = `/service/${(n * 37) % size}`;
    reads = 0;
    bytes = 0;
    const { entry, origin } = await ask("d111.cloudfront.net", path);
    if (!entry?.endsWith(`,${path}`) || !origin) throw new Error(`${path} is answered by ${entry}`);
  }
  return { reads, bytes, scanned: size };
}

/** What is in the app's KeyValueStore. */
import { deepStrictEqual } from "node:assert";

import type { App, Run } from "./app";
import { namespace, stored } from "./programs";

/** Compares what is stored, whatever the order of the table's entries: the last writer wins a race. */
export function mustStore(app: App, table: string[], keys: Record<string, string>): void {
  const { [`${namespace("MyRouter")}:routes`]: _table, ...others } = app.entries();
  deepStrictEqual(app.table().toSorted(), table.toSorted());
  deepStrictEqual(others, keys);
}

/** Compares the routes to URLs by pattern with their metadata. */
export function mustRoute(app: App, routes: Record<string, string>): void {
  const all = Object.entries(routes).map(([pattern, metadata]) => stored(pattern, metadata));
  mustStore(
    app,
    all.map(({ entry }) => entry),
    Object.assign({}, ...all.map(({ keys }) => keys)) as Record<string, string>,
  );
}

/** Removes the app, and checks that nothing is left of what it stored. */
export async function removed(app: App): Promise<Run> {
  const store = app.storeArn();
  const remove = await app.remove();
  app.judge();
  deepStrictEqual(app.cloud.watch.state(store), {});
  return remove;
}

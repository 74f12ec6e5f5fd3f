/** Declares the routes in input.json one by one, some of them late. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { Router } from "routesync/pulumi";
import type { RouterArgs } from "routesync/pulumi";

interface Input {
  router: RouterArgs;
  urls?: Record<string, string>;
  buckets?: Record<string, string>;
  late?: Record<string, string>;
}

export = async () => {
  const {
    router: args,
    urls = {},
    buckets = {},
    late = {},
  } = JSON.parse(readFileSync("input.json", "utf8")) as Input;
  const router = new Router("Routes", args);
  for (const [pattern, url] of Object.entries(urls)) router.route(pattern, url);
  for (const [pattern, bucket] of Object.entries(buckets)) router.routeBucket(pattern, bucket);
  await sleep(100);
  for (const [pattern, url] of Object.entries(late)) router.route(pattern, url);
  return { ids: router.routes.ids, owner: router.owner };
};

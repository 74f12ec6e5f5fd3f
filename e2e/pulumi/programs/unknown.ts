/** Declares routes whose targets and store are outputs of other resources in the same program. */
import { readFileSync } from "node:fs";

import { CustomResource } from "@pulumi/pulumi";
import type { Output } from "@pulumi/pulumi";
import { Router } from "routesync/pulumi";

const HANDLER = `exports.handler = () => ({
  async create({ gives }) { return { id: gives, outs: { gives, value: gives } }; },
  async diff(_id, olds, news) { return { changes: olds.gives !== news.gives, replaces: ["gives"] }; },
});`;

/** A resource whose output is known only after its creation. */
class Made extends CustomResource {
  declare readonly value: Output<string>;

  constructor(name: string, gives: string) {
    super("pulumi-nodejs:dynamic:Resource", name, { gives, value: undefined, __provider: HANDLER });
  }
}

const { store, url, pattern, ...rest } = JSON.parse(readFileSync("input.json", "utf8"));
const router = new Router("Routes", { ...rest, store: new Made("store", store).value, router: "678a" });
router.route("/known", "https://known.example");
router.route(pattern ?? "/made", new Made("function", url).value);
export const ids = router.routes.ids;

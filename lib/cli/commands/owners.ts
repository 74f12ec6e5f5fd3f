import { listOwners } from "../../routes";
import type { Command } from "../command";
import { reach as reachFlags, router } from "../flags";

export const owners: Command = {
  name: "owners",
  summary: "list the owners of routes, and when each last wrote",
  details:
    "Lists the owners in a router, their number of routes, and the time of their last write. Writes nothing.",
  flags: [
    router,
    { flags: "--emptied", text: "also owners without routes; reads the whole store" },
    ...reachFlags,
  ],
  examples: [
    { text: "the owners in the table", line: "routesync owners --stage production" },
    { text: "also what previews left behind", line: "routesync owners --emptied --stage production" },
  ],
  result: "the `RouterOwners`",
  async run(run) {
    const { need, reach, withSettings } = await import("../settings.js");
    const { columns } = await import("../table.js");
    const { count, date } = await import("../format.js");
    const found = await withSettings(run, ["store", "router"], (settings) =>
      listOwners({
        ...reach(run, settings),
        router: need(settings, "router"),
        emptied: run.given["emptied"] === true,
      }),
    );
    const { colors } = run.out;
    const rows = found.owners.map(({ owner, id, routes, at, generation }) => [
      owner,
      id,
      String(routes),
      date(at),
      generation === undefined ? "" : String(generation),
    ]);
    if (found.foreign > 0) rows.push([colors.dim("SST, or another tool"), "", String(found.foreign), "", ""]);
    const head = ["owner", "id", "routes", "last wrote", "generation"].map((title) => colors.dim(title));
    const footer = colors.dim(count(found.owners.length, "owner"));
    return { result: found, text: rows.length > 0 ? `${columns(head, rows)}\n${footer}` : footer };
  },
};

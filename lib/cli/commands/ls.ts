import type { LiveRoute } from "../../types";
import { readRoutes } from "../../routes";
import type { Command } from "../command";
import { place } from "../format";
import { reach as reachFlags, router } from "../flags";

export const ls: Command = {
  name: "ls",
  summary: "list the live routes and their owners",
  details:
    "Lists a router's live table in the order in which the edge reads it. Of equal patterns, the last one wins. Writes nothing.",
  flags: [
    router,
    { flags: "--owner <name>", text: "only the routes of this owner" },
    { flags: "--foreign", text: "only routes that routesync does not own, which are usually SST's" },
    { flags: "--targets", text: "also the target of each route, with one more request for each" },
    ...reachFlags,
  ],
  examples: [
    { text: "the live table", line: "routesync ls --stage production" },
    { text: "SST's routes", line: "routesync ls --foreign --targets --stage production" },
    {
      text: "for a script",
      line: "routesync ls --stage production --json | jq -r '.result.routes[].pattern'",
    },
    { text: "of the embedded store", line: "routesync ls --stage production --local" },
  ],
  result: "the `LiveRoutes`; `routes` has only the selected routes",
  async run(run) {
    const { need, reach, withSettings } = await import("../settings.js");
    const { columns } = await import("../table.js");
    const { count, indexState } = await import("../format.js");
    const metadata = run.given["targets"] === true;
    const live = await withSettings(run, ["store", "router"], (settings) =>
      readRoutes({ ...reach(run, settings), router: need(settings, "router"), metadata }),
    );
    const wanted = live.routes.filter(
      ({ owner, owned }) =>
        (run.given["owner"] === undefined || owner === run.given["owner"]) &&
        !(run.given["foreign"] && owned),
    );
    const { colors } = run.out;
    const rows = wanted.map((route) => {
      const { pattern, type, owner, owned } = route;
      return [pattern, type, ...(metadata ? [target(route)] : []), owned ? owner : colors.dim(owner)];
    });
    const head = ["pattern", "type", ...(metadata ? ["target"] : []), "owner"].map((title) =>
      colors.dim(title),
    );
    const facts = [
      count(wanted.length, "route"),
      ...owners(wanted),
      `table ${live.tableBytes} bytes in ${count(live.chunks, "value")}`,
      // A table in one value needs no index, and most tables are in one.
      live.noIndex === "small" ? undefined : indexState(live),
      `store ${live.store.items} keys, ${live.store.bytes} bytes`,
    ];
    const footer = colors.dim(facts.filter((fact) => fact !== undefined).join(" · "));
    return {
      result: { ...live, routes: wanted },
      text: rows.length > 0 ? `${columns(head, rows)}\n${footer}` : footer,
    };
  },
};

function target({ metadata }: LiveRoute): string {
  return place(metadata) ?? (metadata === undefined ? "–" : JSON.stringify(metadata));
}

/** The number of routes of each owner, such as `2 of SST`, sorted by name. */
function owners(routes: LiveRoute[]): string[] {
  const counted = new Map<string, number>();
  for (const { owner } of routes) counted.set(owner, (counted.get(owner) ?? 0) + 1);
  return [...counted].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([owner, n]) => `${n} of ${owner}`);
}

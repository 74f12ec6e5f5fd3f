import type { RepairOptions } from "../../types";
import { repairRoutes } from "../../routes";
import type { Command } from "../command";
import type { Need } from "../settings";
import {
  adopt,
  declaring,
  owner,
  reach as reachFlags,
  repairing,
  router,
  takeover,
  verified,
} from "../flags";

export const repair: Command = {
  name: "repair",
  summary: "mend a router's damage",
  details:
    "Mends a router: the table, the declared routes and their metadata, the owner's record, and what nothing leads to. Shows what it would do; with --apply it does it. Keys and entries of others stay, unless --foreign says otherwise.",
  flags: [
    router,
    owner,
    { flags: "--apply", text: "do it" },
    {
      flags: "--foreign",
      text: "also drop entries of others without metadata, and their metadata without an entry",
    },
    { flags: "--live-only", text: "mend what stands, not what is declared" },
    ...declaring.filter((flag) => ![repairing, takeover, adopt].includes(flag)),
    verified,
    ...reachFlags,
  ],
  examples: [
    { text: "what would be mended", line: "routesync repair --stage production" },
    { text: "mend it", line: "routesync repair --stage production --apply" },
  ],
  result: "the `RepairReport`",
  async run(run) {
    const { chosen, GROWING, known, need, reach, withSettings } = await import("../settings.js");
    const { progress } = await import("../progress.js");
    const { reportText, tellWarnings } = await import("../report-view.js");
    const { columns } = await import("../table.js");
    const apply = run.given["apply"] === true;
    const liveOnly = run.given["liveOnly"] === true;
    const needs: Need[] = liveOnly ? ["store", "router", "owner"] : ["routes"];
    const report = await withSettings(run, needs, async (settings) => {
      // A repair always writes a damaged table anew, and takes nothing from others.
      const { routes, repair: _repair, takeover: _takeover, adopt: _adopt, ...declared } = settings.options;
      const declares = !liveOnly && routes !== undefined;
      if (declares) known(settings);
      const options: RepairOptions = {
        ...(declares
          ? { ...declared, routes }
          : chosen(settings, "graceSeconds", ...GROWING.filter((name) => name !== "repair"))),
        ...reach(run, settings),
        router: need(settings, "router"),
        owner: need(settings, "owner"),
        apply,
        foreign: run.given["foreign"] === true,
        onProgress: progress(run.out),
      };
      return repairRoutes(options);
    });
    tellWarnings(report.warnings, run.out);
    const { colors } = run.out;
    const mended = report.mended ?? [];
    const routes = [
      ...report.added.map((pattern) => [colors.green("+"), pattern, "not live"]),
      ...report.changed.map((pattern) => [colors.yellow("~"), pattern, "leads elsewhere"]),
      ...report.removed.map((pattern) => [colors.red("-"), pattern, "not declared"]),
      ...mended.map(({ action, key, pattern, why }) => [action, key ?? pattern ?? "", why]),
    ];
    const list = routes.length > 0 ? `${columns(["", "what", "why"].map(colors.dim), routes)}\n` : "";
    const end = apply
      ? reportText(report, run.out)
      : colors.dim(routes.length > 0 ? "nothing was written; --apply does it" : "nothing to mend");
    return { result: report, text: list + end };
  },
};

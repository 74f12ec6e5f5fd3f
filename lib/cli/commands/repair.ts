import type { RepairOptions, RepairReport } from "../../types";
import { repairRoutes } from "../../routes";
import type { Command, Run } from "../command";
import { CliError } from "../exit";
import type { Need } from "../settings";
import {
  atEdge,
  adopt,
  declaring,
  owner,
  reach as reachFlags,
  repairing,
  router,
  takeover,
  verified,
  yes,
} from "../flags";

export const repair: Command = {
  name: "repair",
  summary: "repair a router's damage",
  details:
    "Repairs a router: the table, the declared routes and their metadata, and the owner's record. Removes unreferenced chunks and metadata. With --dry-run it only shows what it would do. At a terminal it asks first. Keys and entries of others stay unchanged, unless --foreign is given.",
  flags: [
    router,
    owner,
    { flags: "--dry-run", text: "only show what it would do" },
    {
      flags: "--foreign",
      text: "also drop entries of others without metadata, and their metadata without an entry",
    },
    { flags: "--live-only", text: "repair only what is live, without the declaration" },
    ...declaring.filter((flag) => ![repairing, takeover, adopt].includes(flag)),
    verified,
    ...atEdge,
    yes,
    ...reachFlags,
  ],
  examples: [
    { text: "show what would be repaired", line: "routesync repair --stage production --dry-run" },
    { text: "repair it", line: "routesync repair --stage production" },
  ],
  result: "the `RepairReport`",
  async run(run) {
    const { chosen, GROWING, known, need, reach, withSettings } = await import("../settings.js");
    const { progress } = await import("../progress.js");
    const { printWarnings } = await import("../report-view.js");
    const dryRun = run.given["dryRun"] === true;
    const liveOnly = run.given["liveOnly"] === true;
    const needs: Need[] = liveOnly ? ["store", "router", "owner"] : ["routes"];
    const report = await withSettings(run, needs, async (settings) => {
      // A repair always rewrites a damaged table, and takes over nothing from others.
      const { routes, repair: _repair, takeover: _takeover, adopt: _adopt, ...declared } = settings.options;
      const declares = !liveOnly && routes !== undefined;
      if (declares) known(settings);
      const options: RepairOptions = {
        ...(declares
          ? { ...declared, routes }
          : chosen(settings, "gracePeriod", ...GROWING.filter((name) => name !== "repair"))),
        ...reach(run, settings),
        router: need(settings, "router"),
        owner: need(settings, "owner"),
        dryRun,
        foreign: run.given["foreign"] === true,
        onProgress: progress(run.out),
      };
      if (!dryRun) await agree(run, options);
      return repairRoutes(options);
    });
    printWarnings(report.warnings, run.out);
    return { result: report, text: await text(report, dryRun, run) };
  },
};

/** Asks for confirmation, and shows what would be repaired. */
async function agree(run: Run, options: RepairOptions): Promise<void> {
  const { ask, canAsk } = await import("../ask.js");
  if (!canAsk(run)) return;
  const would = await repairRoutes({ ...options, dryRun: true });
  if (changes(would, run).length === 0) return;
  run.out.note(await text(would, true, run));
  if (!(await ask("Repair this?", run))) {
    throw new CliError("DECLINED", "the answer was no: nothing was written");
  }
}

/** One row for each change: a sign or an action, the pattern or key, and the reason. */
function changes(report: RepairReport, { out: { colors } }: Run): string[][] {
  return [
    ...report.added.map((pattern) => [colors.green("+"), pattern, "not live"]),
    ...report.changed.map((pattern) => [colors.yellow("~"), pattern, "leads elsewhere"]),
    ...report.removed.map((pattern) => [colors.red("-"), pattern, "not declared"]),
    ...(report.repaired ?? []).map(({ action, key, pattern, why }) => [action, key ?? pattern ?? "", why]),
  ];
}

async function text(report: RepairReport, dryRun: boolean, run: Run): Promise<string> {
  const { reportText } = await import("../report-view.js");
  const { columns } = await import("../table.js");
  const { colors } = run.out;
  const rows = changes(report, run);
  const list = rows.length > 0 ? `${columns(["", "what", "why"].map(colors.dim), rows)}\n` : "";
  if (!dryRun) return list + reportText(report, run.out);
  return list + colors.dim(rows.length > 0 ? "nothing was written" : "nothing to repair");
}

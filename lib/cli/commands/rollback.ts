import type { Duration, RollbackOptions, RoutesHistory, SyncReport } from "../../types";
import { listHistory, rollbackRoutes } from "../../routes";
import type { Command, Run } from "../command";
import { CliError } from "../exit";
import {
  atEdge,
  beyondSst,
  generation,
  grace,
  owner,
  reach as reachFlags,
  repairing,
  router,
  verified,
  whole,
  yes,
} from "../flags";

export const rollback: Command = {
  name: "rollback",
  summary: "undo an owner's last changes",
  details:
    "Undoes an owner's last change, or an earlier one and all changes after it. This needs a history: deploy with --history. At a terminal it shows what would change and asks first. The next sync deploys the current declaration again, so also deploy the older declaration.",
  flags: [
    router,
    owner,
    { flags: "--list", text: "only list the changes that can be undone" },
    {
      flags: "--to <change>",
      text: "the change to undo, together with all changes after it",
      parse: whole,
      fallback: "the last",
    },
    { flags: "--dry-run", text: "only show what it would do" },
    grace,
    { ...generation, text: "refuse to roll back if a newer generation has deployed" },
    verified,
    ...atEdge,
    beyondSst,
    repairing,
    yes,
    ...reachFlags,
  ],
  examples: [
    { text: "what can be undone", line: "routesync rollback --stage production --list" },
    { text: "undo the last change", line: "routesync rollback --stage production --yes" },
    { text: "go back to before change 41", line: "routesync rollback --stage production --to 41 --dry-run" },
  ],
  result: "the `SyncReport`; with `--list` the `RoutesHistory`",
  async run(run) {
    const { chosen, GROWING, need, reach, withSettings } = await import("../settings.js");
    const { progress } = await import("../progress.js");
    const { reportText, printWarnings } = await import("../report-view.js");
    const { to, list, dryRun, gracePeriod } = run.given as {
      to?: number;
      list?: true;
      dryRun?: true;
      gracePeriod?: Duration;
    };
    if (list === true && to !== undefined) {
      throw new CliError("USAGE", "--list and --to exclude each other: --list shows every change");
    }
    return withSettings(run, ["store", "router", "owner"], async (settings) => {
      const place = {
        ...reach(run, settings),
        router: need(settings, "router"),
        owner: need(settings, "owner"),
      };
      if (list === true) {
        const history = await listHistory(place);
        return { result: history, text: await historyText(history, run) };
      }
      const options: RollbackOptions = {
        ...place,
        onProgress: progress(run.out),
        ...(to !== undefined && { to }),
        ...chosen(settings, ...GROWING),
        ...(gracePeriod !== undefined && { gracePeriod }),
      };
      const report = await (dryRun === true
        ? rollbackRoutes({ ...options, dryRun })
        : rollbackRoutes(await agreed(run, options)));
      printWarnings(report.warnings, run.out);
      const text = dryRun === true ? changesText(report, run) : reportText(report, run.out);
      return { result: report, text };
    });
  },
};

/** Asks for confirmation, and returns options that name the confirmed change, so that no other change is undone. */
async function agreed(run: Run, options: RollbackOptions): Promise<RollbackOptions> {
  const { ask, canAsk } = await import("../ask.js");
  if (!canAsk(run)) return options;
  const { changes } = await listHistory(options);
  const to = options.to ?? changes[0]?.change;
  const pinned = to === undefined ? options : { ...options, to };
  const would = await rollbackRoutes({ ...pinned, dryRun: true });
  run.out.note(changesText(would, run));
  if (!(await ask(`Undo change ${to} of ${options.owner}?`, run))) {
    throw new CliError("DECLINED", "the answer was no: nothing was written");
  }
  return pinned;
}

function changesText({ added, changed, removed, unchanged }: SyncReport, { out: { colors } }: Run): string {
  const lines = [
    ...added.map((pattern) => colors.green(`+ ${pattern}`)),
    ...changed.map((pattern) => colors.yellow(`~ ${pattern}`)),
    ...removed.map((pattern) => colors.red(`- ${pattern}`)),
  ];
  const end =
    lines.length > 0 ? "the routes from before the change" : "the routes are already as before the change";
  return [...lines, colors.dim(`${end}; ${unchanged.length} unchanged`)].join("\n");
}

async function historyText(history: RoutesHistory, { out: { colors } }: Run): Promise<string> {
  const { columns } = await import("../table.js");
  const { count, date } = await import("../format.js");
  const rows = history.changes.map(({ change, at, added, replaced }) => [
    String(change),
    date(at),
    String(added.length),
    String(replaced.length),
  ]);
  const head = ["change", "made", "added", "changed or removed"].map((title) => colors.dim(title));
  const kept = history.keep > 0 ? `the last ${count(history.keep, "change")} kept` : "no history is kept";
  return `${rows.length > 0 ? `${columns(head, rows)}\n` : ""}${colors.dim(kept)}`;
}

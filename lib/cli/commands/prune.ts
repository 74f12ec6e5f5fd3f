import type { PruneOptions, PruneReport } from "../../types";
import { pruneOwners } from "../../routes";
import type { Command, Run } from "../command";
import { CliError } from "../exit";
import { atEdge, reach as reachFlags, repairing, router, verified, yes } from "../flags";

export const prune: Command = {
  name: "prune",
  summary: "remove owners of old previews and stages",
  details:
    "Removes owners with all their routes, by name and age, such as previews that were never removed. At a terminal it asks first. Pass either --match or --keep.",
  flags: [
    router,
    { flags: "--match <pattern>", text: "owners to remove, such as shop/pr-*", many: true },
    { flags: "--keep <pattern>", text: "owners to keep; all others are removed", many: true },
    {
      flags: "--older-than <age>",
      text: 'only owners whose last write is older than this, such as "7 days"',
    },
    { flags: "--dry-run", text: "only show what would be removed" },
    verified,
    ...atEdge,
    repairing,
    yes,
    ...reachFlags,
  ],
  examples: [
    {
      text: "what is left of pull requests",
      line: 'routesync prune --match "shop/pr-*" --stage production --dry-run',
    },
    {
      text: "every night",
      line: 'routesync prune --match "shop/pr-*" --older-than "7 days" --stage production --yes',
    },
  ],
  result: "the `PruneReport`",
  async run(run) {
    const { chosen, need, reach, withSettings } = await import("../settings.js");
    const { progress } = await import("../progress.js");
    const { printWarnings } = await import("../report-view.js");
    const { match, keep, olderThan } = run.given as { match?: string[]; keep?: string[]; olderThan?: string };
    if ((match === undefined) === (keep === undefined)) {
      throw new CliError("USAGE", "prune needs either --match or --keep: pass one of them");
    }
    const dryRun = run.given["dryRun"] === true;
    const report = await withSettings(run, ["store", "router"], async (settings) => {
      const options = {
        ...reach(run, settings),
        router: need(settings, "router"),
        onProgress: progress(run.out),
        ...(match && { match }),
        ...(keep && { keep }),
        ...(olderThan !== undefined && { olderThan }),
        ...chosen(settings, "verify", "repair", "edge"),
        dryRun,
      } as PruneOptions;
      if (!dryRun) await agree(run, options);
      return pruneOwners(options);
    });
    printWarnings(report.warnings, run.out);
    return { result: report, text: await text(report, dryRun, run) };
  },
};

/** Asks for confirmation, and shows which owners would be removed. */
async function agree(run: Run, options: PruneOptions): Promise<void> {
  const { ask, canAsk } = await import("../ask.js");
  const { count } = await import("../format.js");
  if (!canAsk(run)) return;
  const would = await pruneOwners({ ...options, dryRun: true });
  const pruned = would.pruned ?? [];
  if (pruned.length === 0) return;
  run.out.note(await text(would, true, run));
  if (!(await ask(`Remove ${count(pruned.length, "owner")}?`, run))) {
    throw new CliError("DECLINED", "the answer was no: nothing was written");
  }
}

async function text(report: PruneReport, dryRun: boolean, { out: { colors } }: Run): Promise<string> {
  const { columns } = await import("../table.js");
  const { count } = await import("../format.js");
  const pruned = report.pruned ?? [];
  const rows = pruned.map(({ owner, routes }) => [colors.red(owner), String(routes.length)]);
  const list = rows.length > 0 ? `${columns(["owner", "routes"].map(colors.dim), rows)}\n` : "";
  const end = `${count(pruned.length, "owner")} ${dryRun ? "would be removed; nothing was written" : "removed"}`;
  return list + colors.dim(end);
}

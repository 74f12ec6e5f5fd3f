import type { RoutesPlan, SyncOptions, SyncReport } from "../../types";
import { isRouteSyncError } from "../../errors";
import { planRoutes, syncRoutes } from "../../routes";
import type { Command, Run } from "../command";
import { declared } from "../declared";
import { CliError } from "../exit";
import { atEdge, declaring, owner, reach, router, verified, yes } from "../flags";

export const sync: Command = {
  name: "sync",
  summary: "deploy the declared routes",
  details:
    "Deploys the declared routes of the owner. At a terminal it shows the plan first, asks before it removes or takes over routes, and then applies exactly that plan. Elsewhere, and with --json or in CI, it deploys without asking unless a guard refuses.",
  flags: [router, owner, ...declaring, verified, ...atEdge, yes, ...reach],
  examples: [
    { text: "deploy", line: "routesync sync --stage production" },
    {
      text: "in CI, so that an older run never overwrites a newer one",
      line: 'routesync sync --stage production --generation "$GITHUB_RUN_NUMBER"',
    },
    {
      text: "allow at most a fifth of the routes to be removed",
      line: "routesync sync --stage production --max-removed 20%",
    },
    {
      text: "take one pattern over from another owner or SST",
      line: "routesync sync --stage production --takeover /api",
    },
    { text: "try it without an AWS account", line: "routesync sync --stage test --local" },
  ],
  result: "the `SyncReport`",
  async run(run) {
    const { withSettings } = await import("../settings.js");
    const { canAsk } = await import("../ask.js");
    const { progress } = await import("../progress.js");
    const { reportText, printWarnings } = await import("../report-view.js");
    const report = await withSettings(run, ["routes"], (settings) => {
      const options: SyncOptions = { ...declared(run, settings), onProgress: progress(run.out) };
      if (run.given["yes"] === true) unguarded(options);
      return canAsk(run) ? asking(run, options) : syncRoutes(options);
    });
    printWarnings(report.warnings, run.out);
    return { result: report, text: reportText(report, run.out) };
  },
};

/** Lifts the guards that a confirmation overrides. */
function unguarded(options: SyncOptions): void {
  options.allowEmpty = true;
  delete options.maxRemoved;
}

/** The most plans of one run. Another one is made if the store was written between a plan and its application. */
const PLANS = 10;

/** Makes a plan, shows it, asks for confirmation and applies it. Starts again if the store was written in the meantime. */
async function asking(run: Run, options: SyncOptions): Promise<SyncReport> {
  const { signal, onProgress, client, retry, deadline } = options;
  for (let plans = 1; ; plans += 1) {
    const plan = await agreed(run, options);
    const how = { client, retry, deadline, signal, onProgress };
    const given = Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined));
    try {
      return await syncRoutes({ plan, ...given });
    } catch (error) {
      if (!isRouteSyncError(error) || error.code !== "PLAN_STALE" || plans === PLANS) throw error;
      run.out.note("the store was written in the meantime; planning again");
    }
  }
}

async function agreed(run: Run, options: SyncOptions): Promise<RoutesPlan> {
  const { planText } = await import("../plan-view.js");
  const { ask } = await import("../ask.js");
  const plan = await planRoutes(options);
  run.out.note(planText(plan, run.out.noteColors, run.out));
  const removed = plan.changes.filter(({ action }) => action === "remove").length;
  const taken = plan.changes.filter(({ takenFrom }) => takenFrom !== undefined).length;
  if (plan.refusal === undefined && removed + taken === 0) return plan;
  const what = [removed > 0 && `remove ${removed}`, taken > 0 && `take over ${taken}`]
    .filter(Boolean)
    .join(" and ");
  const question = plan.refusal ? `A guard refuses this. ${capital(what)} anyway?` : `${capital(what)}?`;
  if (!(await ask(question, run))) throw new CliError("DECLINED", "the answer was no: nothing was written");
  if (plan.refusal === undefined) return plan;
  unguarded(options);
  // The new plan has the same changes without the guard, unless another writer has written since the question.
  const lifted = await planRoutes(options);
  return lifted.etag === plan.etag ? lifted : agreed(run, options);
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

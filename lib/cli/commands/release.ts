import type { Duration, ReleaseOptions } from "../../types";
import { releaseRoutes } from "../../routes";
import type { Command } from "../command";
import { CliError } from "../exit";
import {
  beyondSst,
  generation,
  grace,
  owner,
  reach as reachFlags,
  repairing,
  router,
  verified,
  yes,
} from "../flags";

export const release: Command = {
  name: "release",
  summary: "hand an owner's routes back, and keep nothing of it",
  details:
    "The way out: makes an owner's routes plain entries that SST's edge function goes on serving, waits until requests under way have been served, and removes what routesync kept of the owner. At a terminal it asks first.",
  flags: [
    router,
    owner,
    { flags: "--dry-run", text: "only tell which routes would be handed back" },
    { ...grace, text: "how long to wait for requests under way" },
    { ...generation, text: "an older one than has been here hands nothing back" },
    verified,
    beyondSst,
    repairing,
    yes,
    ...reachFlags,
  ],
  examples: [
    { text: "what would be handed back", line: "routesync release --stage production --dry-run" },
    { text: "leave", line: "routesync release --stage production --yes" },
  ],
  result: "the `SyncReport`",
  async run(run) {
    const { chosen, GROWING, need, reach, withSettings } = await import("../settings.js");
    const { ask, canAsk } = await import("../ask.js");
    const { progress } = await import("../progress.js");
    const { tellWarnings } = await import("../report-view.js");
    const { count } = await import("../format.js");
    const { gracePeriod } = run.given as { gracePeriod?: Duration };
    const dryRun = run.given["dryRun"] === true;
    const report = await withSettings(run, ["store", "router", "owner"], async (settings) => {
      const options: ReleaseOptions = {
        ...reach(run, settings),
        router: need(settings, "router"),
        owner: need(settings, "owner"),
        onProgress: progress(run.out),
        ...chosen(settings, ...GROWING),
        ...(gracePeriod !== undefined && { gracePeriod }),
      };
      if (dryRun || canAsk(run)) {
        const would = await releaseRoutes({ ...options, dryRun: true });
        if (dryRun) return would;
        const question = `Hand ${count(would.changed.length, "route")} of ${options.owner} back?`;
        if (!(await ask(question, run))) {
          throw new CliError("DECLINED", "the answer was no: nothing was written");
        }
      }
      return releaseRoutes(options);
    });
    tellWarnings(report.warnings, run.out);
    const { colors } = run.out;
    const lines = dryRun ? report.changed.map((pattern) => `${pattern}\n`).join("") : "";
    const done = `${count(report.changed.length, "route")} ${dryRun ? "would be" : "were"} handed back`;
    return { result: report, text: lines + colors.dim(dryRun ? `${done}; nothing was written` : done) };
  },
};

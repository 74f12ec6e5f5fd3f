import type { Duration, ReleaseOptions } from "../../types";
import { releaseRoutes } from "../../routes";
import type { Command } from "../command";
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
  yes,
} from "../flags";

export const release: Command = {
  name: "release",
  summary: "turn an owner's routes into plain SST entries",
  details:
    "Turns an owner's routes into plain entries, which SST's edge function continues to serve. Waits until requests under way have been served, then removes everything else that routesync stored for the owner. At a terminal it asks first.",
  flags: [
    router,
    owner,
    { flags: "--dry-run", text: "only show which routes would be released" },
    { ...grace, text: "how long to wait for requests under way" },
    { ...generation, text: "refuse to release if a newer generation has deployed" },
    verified,
    ...atEdge,
    beyondSst,
    repairing,
    yes,
    ...reachFlags,
  ],
  examples: [
    { text: "what it would release", line: "routesync release --stage production --dry-run" },
    { text: "release the routes", line: "routesync release --stage production --yes" },
  ],
  result: "the `SyncReport`",
  async run(run) {
    const { chosen, GROWING, need, reach, withSettings } = await import("../settings.js");
    const { ask, canAsk } = await import("../ask.js");
    const { progress } = await import("../progress.js");
    const { printWarnings } = await import("../report-view.js");
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
        const question = `Release ${count(would.changed.length, "route")} of ${options.owner}?`;
        if (!(await ask(question, run))) {
          throw new CliError("DECLINED", "the answer was no: nothing was written");
        }
      }
      return releaseRoutes(options);
    });
    printWarnings(report.warnings, run.out);
    const { colors } = run.out;
    const lines = dryRun ? report.changed.map((pattern) => `${pattern}\n`).join("") : "";
    const done = `${count(report.changed.length, "route")} ${dryRun ? "would be " : ""}released`;
    return { result: report, text: lines + colors.dim(dryRun ? `${done}; nothing was written` : done) };
  },
};

import { listOwners, removeRoutes } from "../../routes";
import type { Duration, RemoveOptions } from "../../types";
import type { Command } from "../command";
import { CliError } from "../exit";
import {
  atEdge,
  generation,
  grace,
  maxRemoved,
  owner,
  reach as reachFlags,
  repairing,
  router,
  verified,
  yes,
} from "../flags";

export const rm: Command = {
  name: "rm",
  summary: "remove all routes of an owner",
  details:
    "Removes all routes of an owner from a router, for example of a stage or a preview. It succeeds if the store does not exist. At a terminal it asks first.",
  flags: [
    router,
    owner,
    { ...generation, text: "refuse to remove if a newer generation has deployed" },
    maxRemoved,
    { ...grace, text: "how long removed records are kept", fallback: "0" },
    verified,
    ...atEdge,
    repairing,
    yes,
    ...reachFlags,
  ],
  examples: [
    { text: "when a pull request is closed", line: 'routesync rm --stage "pr-$PR" --yes' },
    {
      text: "without the configuration file",
      line: 'routesync rm --store <arn> --router 678a --owner "shop/pr-$PR" --yes',
    },
    { text: "of the embedded store", line: "routesync rm --stage test --local" },
  ],
  result: "the `SyncReport`",
  async run(run) {
    const { chosen, need, reach, withSettings } = await import("../settings.js");
    const { ask, canAsk } = await import("../ask.js");
    const { progress } = await import("../progress.js");
    const { reportText, printWarnings } = await import("../report-view.js");
    const { count } = await import("../format.js");
    const report = await withSettings(run, ["store", "router", "owner"], async (settings) => {
      // The configuration's grace period is for deploys. Only the flag applies to a removal.
      const { gracePeriod } = run.given as { gracePeriod?: Duration };
      const place = { ...reach(run, settings), router: need(settings, "router") };
      const options: RemoveOptions = {
        ...place,
        owner: need(settings, "owner"),
        onProgress: progress(run.out),
        ...chosen(settings, "generation", "verify", "repair", "edge"),
        ...(run.given["yes"] !== true && chosen(settings, "maxRemoved")),
        ...(gracePeriod !== undefined && { gracePeriod }),
      };
      if (canAsk(run)) {
        const { owners } = await listOwners(place);
        const has = owners.find((one) => one.owner === options.owner)?.routes ?? 0;
        const question = `Remove all ${count(has, "route")} of ${options.owner} from router ${options.router}?`;
        if (has > 0 && !(await ask(question, run))) {
          throw new CliError("DECLINED", "the answer was no: nothing was written");
        }
      }
      return removeRoutes(options);
    });
    printWarnings(report.warnings, run.out);
    return { result: report, text: reportText(report, run.out) };
  },
};

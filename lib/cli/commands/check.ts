import { checkRoutes } from "../../routes";
import type { Command } from "../command";
import { declared } from "../declared";
import { declaring, owner, reach, router } from "../flags";

export const check: Command = {
  name: "check",
  summary: "check the configuration without a store",
  details:
    "Checks the options and routes of the configuration as sync does before its first request, and the lint rules that need no store. Sends nothing and needs no credentials. A warning does not change the exit code; --lint makes a rule an error.",
  flags: [router, owner, ...declaring, ...reach],
  examples: [
    { text: "before a commit", line: "routesync check --stage production" },
    {
      text: "fail on a route that no request reaches",
      line: "routesync check --stage production --lint ROUTE_SHADOWED=error",
    },
  ],
  result: "the `RoutesCheck`",
  async run(run) {
    const { withSettings } = await import("../settings.js");
    const { printWarnings } = await import("../report-view.js");
    const { count } = await import("../format.js");
    return withSettings(run, ["routes"], async (settings) => {
      const options = declared(run, settings);
      const found = checkRoutes(options);
      printWarnings(found.warnings, run.out);
      const checked = [count(Object.keys(options.routes).length, "route")];
      if (found.warnings.length > 0) checked.push(count(found.warnings.length, "warning"));
      return { result: found, text: `${run.out.colors.green("✓")} ${checked.join(", ")}` };
    });
  },
};

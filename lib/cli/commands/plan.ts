import type { RoutesPlan, SyncOptions } from "../../types";
import { planRoutes } from "../../routes";
import type { Command } from "../command";
import { CliError, EXIT } from "../exit";
import { declaring, owner, reach, router } from "../flags";
import { declared } from "../declared";
import type { Output } from "../output";

export const plan: Command = {
  name: "plan",
  summary: "show what sync would do, and write nothing",
  details:
    "Shows what sync would do with the same options: each change with its reason, the writes, the requests and their price. Writes nothing.",
  flags: [
    router,
    owner,
    ...declaring,
    { flags: "--exit-code", text: "exit with 3 when changes are pending, with 4 when a guard refuses them" },
    { flags: "--markdown", text: "print the plan as Markdown, for a pull request" },
    { flags: "--all", text: "show all changes, not only the first 200" },
    ...reach,
  ],
  examples: [
    { text: "what the next deploy would do", line: "routesync plan --stage production" },
    { text: "for a pull request's comment", line: "routesync plan --stage production --markdown > plan.md" },
    { text: "fail a job when something is pending", line: "routesync plan --stage production --exit-code" },
    { text: "try it without an AWS account", line: "routesync plan --stage test --local" },
  ],
  result: "the `RoutesPlan`",
  async run(run) {
    if (run.given["markdown"] && run.out.json)
      throw new CliError("USAGE", "--json and --markdown exclude each other");
    const { withSettings } = await import("../settings.js");
    const { planText } = await import("../plan-view.js");
    const { printWarnings } = await import("../report-view.js");
    const made = await withSettings(run, ["routes"], (settings) =>
      planRoutes(declared(run, settings) as SyncOptions),
    );
    if (!run.given["markdown"]) printWarnings(made.warnings, run.out);
    const pending = made.changes.some(({ action }) => action !== "keep");
    const exit = made.refusal ? EXIT.unsafe : pending ? EXIT.changes : EXIT.done;
    return {
      result: made,
      text: run.given["markdown"]
        ? markdown(made, run.out)
        : planText(made, run.out.colors, run.out, run.given["all"] === true),
      exit: run.given["exitCode"] ? exit : EXIT.done,
    };
  },
};

/** The plan as Markdown. Its refusal names flags, as all messages of the command line do. */
function markdown({ markdown: text, refusal }: RoutesPlan, out: Output): string {
  return refusal ? text.replace(refusal.message, () => out.inFlags(refusal.message)) : text;
}

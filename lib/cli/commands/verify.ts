import type { Finding, VerifyOptions } from "../../types";
import { verifyRoutes } from "../../routes";
import type { Command } from "../command";
import { EXIT } from "../exit";
import { askEdge, owner, reach as reachFlags, router } from "../flags";
import type { Output } from "../output";

export const verify: Command = {
  name: "verify",
  summary: "check the live state, and compare it with the configuration file",
  details:
    "Checks the live state of a store for damage and, if the configuration declares routes, for differences from them. Each finding has its effect on users and a remedy. Reads the whole store and writes nothing. Exits with 3 if a finding is a warning or an error.",
  flags: [
    router,
    owner,
    { flags: "--live-only", text: "check only the store, without the declaration" },
    ...askEdge,
    ...reachFlags,
  ],
  examples: [
    { text: "has anything drifted?", line: "routesync verify --stage production" },
    {
      text: "does the edge serve what is stored?",
      line: 'routesync verify --stage production --edge "$SITE_URL"',
    },
    { text: "all routers of a store", line: "routesync verify --live-only --store <arn>" },
  ],
  result: "the `RoutesVerification`",
  async run(run) {
    const { askedEdge, known, need, reach, withSettings } = await import("../settings.js");
    const { count } = await import("../format.js");
    const liveOnly = run.given["liveOnly"] === true;
    const found = await withSettings(run, [liveOnly ? "store" : "routes"], async (settings) => {
      const { part, previous, routes, router: named } = settings.options;
      const options: VerifyOptions = reach(run, settings);
      if (!liveOnly && routes !== undefined) {
        known(settings);
        Object.assign(options, { router: need(settings, "router"), owner: need(settings, "owner"), routes });
        if (part !== undefined) options.part = part;
        if (previous !== undefined) options.previous = previous;
      } else if (named !== undefined && run.given["local"] !== true) options.router = named;
      const edge = askedEdge(run);
      if (edge !== undefined) Object.assign(options, { router: need(settings, "router"), edge });
      return verifyRoutes(options);
    });
    const { colors } = run.out;
    const routers = Object.entries(found.routers).map(
      ([name, entries]) => `${name} (${count(entries, "route")})`,
    );
    const checked = colors.dim(
      `checked: ${routers.length > 0 ? routers.join(", ") : "no router"}; ${found.store.items} keys, ${found.store.bytes} bytes`,
    );
    const head = found.ok
      ? `${colors.green("✓")} no problems found`
      : `${colors.red("✗")} ${count(found.findings.length, "finding")}`;
    if (!run.out.json) annotate(found.findings, run.out);
    return {
      result: found,
      text: [head, ...found.findings.map((finding) => findingText(finding, run.out)), checked].join("\n"),
      exit: found.ok ? EXIT.done : EXIT.changes,
    };
  },
};

function findingText({ code, severity, message, effect, remedy }: Finding, out: Output): string {
  const { colors } = out;
  const paint = { error: colors.red, warning: colors.yellow, info: colors.dim }[severity];
  return `  ${paint(`${severity} ${code}`)}  ${message}\n      effect: ${effect}\n      remedy: ${out.inFlags(remedy)}`;
}

/** In GitHub Actions, errors and warnings also become annotations. */
function annotate(findings: Finding[], out: Output): void {
  if (!out.actions) return;
  for (const { severity, code, message, remedy } of findings) {
    if (severity === "error") out.error({ code, message: `${message}; ${out.inFlags(remedy)}` });
    else if (severity === "warning") out.warning(code, `${message}; ${remedy}`);
  }
}

import type { ExplainQuestion, Explanation } from "../../types";
import { explainRoute } from "../../routes";
import type { Command, Run } from "../command";
import { CliError } from "../exit";
import { reach as reachFlags, router } from "../flags";

export const explain: Command = {
  name: "explain",
  summary: "show which route a URL matches, and why",
  details:
    "Shows which route a URL matches and why, which other routes match, and which origin the request reaches, as SST's edge function decides it, or with --reader routesync as routesync's does, which uses the table's index. Reads the live table, or with --declared only the configuration, and then sends nothing.",
  args: [{ name: "url", text: "a URL, or a path, which matches only routes for any host" }],
  flags: [
    router,
    { flags: "--declared", text: "read the configuration instead of the live table" },
    {
      flags: "--reader <version>",
      text: "the edge function that reads the table: routesync, or SST's of a version, such as sst@3.17.2",
      fallback: "the newest SST",
    },
    ...reachFlags,
  ],
  examples: [
    {
      text: "which route serves this URL?",
      line: "routesync explain https://api.example.com/v1/users --stage production",
    },
    {
      text: "which route will serve it after the next deploy?",
      line: "routesync explain /docs/intro --declared --stage production",
    },
    {
      text: "how many reads does a request take with the index?",
      line: "routesync explain /docs/intro --reader routesync --stage production",
    },
  ],
  result: "the `Explanation`",
  async run(run) {
    const { known, need, reach, withSettings } = await import("../settings.js");
    const question = { url: run.args[0] ?? "", ...pick(run) };
    const declared = run.given["declared"] === true;
    if (declared && run.given["local"] === true) {
      throw new CliError("USAGE", "--declared and --local exclude each other: --declared reads no store");
    }
    const found = await withSettings(run, declared ? ["routes"] : ["store", "router"], async (settings) => {
      if (!declared) {
        return explainRoute({ ...question, ...reach(run, settings), router: need(settings, "router") });
      }
      const routes = need(settings, "routes");
      known(settings);
      return explainRoute({ ...question, routes });
    });
    return { result: found, text: await text(found, run) };
  },
};

function pick({ given }: Run): Pick<ExplainQuestion, "reader"> {
  const reader = given["reader"] as ExplainQuestion["reader"];
  return reader === undefined ? {} : { reader };
}

async function text(found: Explanation, { out: { colors } }: Run): Promise<string> {
  const { columns } = await import("../table.js");
  const { count } = await import("../format.js");
  const { host, uri, winner, alsoMatched, breaks, origin, rewrittenUri, missingMetadata } = found;
  const lines = [`${host === "" ? "any host" : host} ${uri}`];
  if (breaks)
    lines.push(`${colors.red(`✗ ${breaks.status}`)} ${breaks.entry ?? "the table"}: ${breaks.message}`);
  else if (winner === undefined)
    lines.push(
      `${colors.yellow("–")} no route matches: the request goes to the distribution's default origin`,
    );
  const rows = [
    ...(winner ? ([[colors.green("✓"), winner]] as const) : []),
    ...alsoMatched.map((route) => [colors.dim("·"), route] as const),
  ].map(([sign, { pattern, type, owner, why }]) => [sign, pattern, type, owner ?? "", why]);
  if (rows.length > 0) lines.push(columns(["", "pattern", "type", "owner", "why"].map(colors.dim), rows));
  if (missingMetadata) lines.push(`${colors.red("✗ 502")} the route's metadata is missing`);
  if (origin) {
    const to = origin.type === "url" ? `${origin.protocol}://${origin.host}` : `bucket ${origin.domain}`;
    lines.push(`→ ${to}${rewrittenUri ?? uri}`);
  }
  if (found.reads !== undefined && found.usesIndex !== undefined) {
    const how = found.usesIndex ? "through the index" : "without an index, which scans the table";
    lines.push(colors.dim(`${count(found.reads, "read")} ${how}`));
  }
  if (found.indexLeadsTo !== undefined) {
    lines.push(
      `${colors.yellow("!")} the index is late or stale, and leads to ${found.indexLeadsTo} instead`,
    );
  }
  return lines.join("\n");
}

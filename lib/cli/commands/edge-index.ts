import type { LiveRoutes, SyncReport } from "../../types";
import { readRoutes, setIndex } from "../../routes";
import type { Command } from "../command";
import { reach as reachFlags, router, verified } from "../flags";

export const edgeIndex: Command = {
  name: "index",
  summary: "build or give up the index for routesync's edge function",
  details:
    "Builds an index of a router's table, or gives it up. Only routesync's edge function reads it, and SST's ignores it. A table has an index only while it has more than one chunk, which takes about 28 routes. Deploys keep the index up to date. The routes stay as they are.",
  args: [{ name: "state", text: "on builds the index, off gives it up", choices: ["on", "off"] }],
  flags: [router, verified, ...reachFlags],
  examples: [
    { text: "build it", line: "routesync index on --stage production" },
    { text: "give it up", line: "routesync index off --stage production" },
  ],
  result: "the `SyncReport`; `indexPages` is the number of pages",
  async run(run) {
    const { chosen, need, reach, withSettings } = await import("../settings.js");
    const { progress } = await import("../progress.js");
    const { printWarnings } = await import("../report-view.js");
    const index = run.args[0] === "on";
    const { before, report } = await withSettings(run, ["store", "router"], async (settings) => {
      const at = { ...reach(run, settings), router: need(settings, "router") };
      const options = { ...at, ...chosen(settings, "verify"), onProgress: progress(run.out) };
      return { before: await readRoutes(at), report: await setIndex({ ...options, index }) };
    });
    printWarnings(report.warnings, run.out);
    const lines = index ? turnedOn(report, before) : turnedOff(before);
    return { result: report, text: lines.map((line) => run.out.inFlags(line)).join("\n") };
  },
};

function turnedOn({ indexPages, warnings }: SyncReport, { routes, chunks, index }: LiveRoutes): string[] {
  if (indexPages !== undefined) {
    const same = index?.pages === indexPages && !index.late;
    return [`the index has ${pages(indexPages)}${same ? ", as before" : ""}`];
  }
  // The warning says why.
  if (warnings.some(({ code }) => code === "INDEX_MISSING")) return ["no index was built"];
  const number = `${routes.length} route${routes.length === 1 ? "" : "s"}`;
  const table = chunks === 0 ? "there is no table yet" : `the table has ${number} in one value`;
  return [
    `${table}; an index is built once it has more than one chunk`,
    "nothing was written: set `index: true` in the configuration, and a later deploy builds the index",
  ];
}

function turnedOff({ index }: LiveRoutes): string[] {
  if (index === undefined) return ["the table had no index"];
  return [
    `the index is given up; the edge does not read its ${pages(index.pages)} any more`,
    "after 5 minutes, the next deploy or this command deletes the pages",
  ];
}

const pages = (n: number): string => `${n} page${n === 1 ? "" : "s"}`;

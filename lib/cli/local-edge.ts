/** `routesync local --edge`: its flags, its settings, and a line for each request. */
import { dirname, resolve } from "node:path";

import type { LocalEdge, LocalEdgeRequest, LocalStore } from "../testing";
import type { Flag, Run } from "./command";
import { isRouteSyncError } from "../errors";
import { startLocalEdge } from "../testing";
import { parts } from "./completions";
import { CliError } from "./exit";
import { count } from "./format";
import { LOCAL, need, withSettings } from "./settings";

export interface EdgeSettings {
  router: string;
  /** The folder of the configuration, whose store `--local` uses. */
  folder: string;
}

/** The settings of the edge, or `undefined` without `--edge`. `flags` are those that belong to it. */
export async function edgeSettings(run: Run, flags: Flag[]): Promise<EdgeSettings | undefined> {
  const { given, cwd } = run;
  if (given["edge"] !== true) {
    const names = flags.map((flag) => parts(flag).long);
    const odd = names.find((name) => given[camel(name)] !== undefined);
    if (odd !== undefined) throw new CliError("USAGE", `${odd} is an option of the edge: add --edge`);
    return undefined;
  }
  return withSettings(run, ["router"], async (settings) => {
    const { file, options, unset } = settings;
    // `sync --local` uses this router with such a configuration.
    if (file !== undefined && !unset.includes("router")) options.router ??= LOCAL;
    return { router: need(settings, "router"), folder: file === undefined ? cwd : dirname(file) };
  });
}

/** `edgePort` for `--edge-port`. */
const camel = (name: string): string =>
  name.slice(2).replaceAll(/-(\w)/gu, (_, letter: string) => letter.toUpperCase());

export async function startEdge(store: LocalStore, { router }: EdgeSettings, run: Run): Promise<LocalEdge> {
  const { given, cwd, out } = run;
  const port = given["edgePort"] as number | undefined;
  const pairs = (given["origin"] ?? []) as [string, string][];
  const origins = pairs.map(([host, target]) => [
    host,
    target.includes("://") ? target : resolve(cwd, target),
  ]);
  try {
    return await startLocalEdge({
      store,
      router,
      origins: Object.fromEntries(origins) as Record<string, string>,
      ...(port !== undefined && { port }),
      onRequest: (request) => out.note(lineOf(request)),
    });
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    const message = error.message
      .replace(/^port: /u, "--edge-port: ")
      .replace(/^origins\["(.*?)"\]: /u, "--origin $1: ");
    throw message === error.message ? error : new CliError("USAGE", message);
  }
}

function lineOf(request: LocalEdgeRequest): string {
  const { method, host, uri, status, ms, route, pattern, reads, origin: chosen, error, printed } = request;
  const facts = [
    `${method} ${host}${uri} → ${status} in ${ms} ms`,
    `route ${route}${pattern === undefined ? "" : ` ${pattern}`}`,
    count(reads, "read"),
    chosen,
  ];
  const details = [error, ...printed].filter((line) => line !== undefined);
  return [facts.join(" · "), ...details.map((line) => `  ${line}`)].join("\n");
}

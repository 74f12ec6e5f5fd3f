import { invoke } from "../../call";
import { isRouteSyncError } from "../../errors";
import { readRoutes } from "../../routes";
import type { EdgeReport, StoreOptions, VerifyOptions } from "../../types";
import type { Command } from "../command";
import { EXIT } from "../exit";
import { askEdge, reach as reachFlags, router as routerFlag } from "../flags";
import type { Output } from "../output";

interface Check {
  name: string;
  state: "ok" | "failed" | "unknown";
  found: string;
  remedy?: string;
}

interface Checkup {
  ok: boolean;
  checks: Check[];
}

export const doctor: Command = {
  name: "doctor",
  summary: "check credentials, clock, host, permissions and the store",
  details:
    "Checks everything that a deploy needs, one by one: the ARN, the endpoint and its source, the credentials and their source, their account, the session token's version, the host, the clock, the store's status and the permissions. A failed check is printed with its remedy. If the router is known and has a table, it also shows whether the table has an index, and if not, why. With --edge, it also asks the distribution whether it serves the live routes. Writes nothing, so it cannot check whether UpdateKeys is allowed.",
  flags: [routerFlag, ...askEdge, ...reachFlags],
  examples: [
    { text: "why is access denied?", line: "routesync doctor --stage production" },
    {
      text: "the deploy was fine, and requests get 503",
      line: 'routesync doctor --stage production --edge "$SITE_URL"',
    },
    { text: "with another profile", line: "routesync doctor --store <arn> --profile deploy" },
  ],
  result: "`ok` and `checks`: `name`, `state` (`ok`, `failed` or `unknown`), `found`, `remedy`",
  async run(run) {
    const { askedEdge, need, reach, withSettings } = await import("../settings.js");
    const found = await withSettings(run, ["store"], async (settings) => {
      const at = reach(run, settings);
      const { router: name } = settings.options;
      const edge = askedEdge(run);
      if (edge !== undefined && name === undefined) need(settings, "router");
      const checkup = await checkStore(at);
      if (!checkup.ok || name === undefined) return checkup;
      const more = [...(await indexOf(at, name)), ...(await edgeOf(at, name, edge))];
      const ok = more.every(({ state }) => state !== "failed");
      return { ok, checks: [...checkup.checks, ...more] };
    });
    return {
      result: found,
      text: found.checks.map((check) => checkText(check, run.out.colors)).join("\n"),
      exit: found.ok ? EXIT.done : EXIT.failed,
    };
  },
};

async function checkStore(options: StoreOptions): Promise<Checkup> {
  try {
    return await invoke<Checkup>("checkStore", checkStore, options);
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "INVALID_ARN") throw error;
    const remedy = "pass the ARN from the KeyValueStore's page in the console, or from its resource";
    return { ok: false, checks: [{ name: "arn", state: "failed", found: error.message, remedy }] };
  }
}

/** The index of the router's table. A deploy does not need it, so no state of it is a failure. */
async function indexOf(at: StoreOptions, router: string): Promise<Check[]> {
  const { indexState } = await import("../format.js");
  try {
    const found = indexState(await readRoutes({ ...at, router }));
    return found === undefined ? [] : [{ name: "index", state: "ok", found }];
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return [{ name: "index", state: "unknown", found: error.message }];
  }
}

/** Whether an edge location serves the router's live routes. */
async function edgeOf(at: StoreOptions, router: string, edge: VerifyOptions["edge"]): Promise<Check[]> {
  if (edge === undefined) return [];
  const name = "edge";
  try {
    const options = { ...at, router, edge };
    const { confirmed, routes, unconfirmed = [] } = await invoke<EdgeReport>("checkEdge", edgeOf, options);
    if (confirmed) return [{ name, state: "ok", found: `serves ${routes} of ${routes} routes as stored` }];
    const [first] = unconfirmed;
    const shows =
      first?.shows === undefined ? first?.error : `${first.pattern} gets ${first.shows ?? "no route"}`;
    const found = `does not serve all of ${routes} routes as stored: ${shows}`;
    const remedy = "wait for some seconds after a deploy; then see docs/troubleshooting.md";
    return [{ name, state: "failed", found, remedy }];
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    return [{ name, state: "failed", found: error.message }];
  }
}

function checkText({ name, state, found, remedy }: Check, colors: Output["colors"]): string {
  const sign = { ok: colors.green("✓"), failed: colors.red("✗"), unknown: colors.dim("?") }[state];
  const line = `${sign} ${name.padEnd(22)} ${found}`;
  return remedy === undefined ? line : `${line}\n  ${" ".repeat(22)} → ${remedy}`;
}

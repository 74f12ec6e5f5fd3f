import { invoke } from "../../call";
import { isRouteSyncError } from "../../errors";
import { readRoutes } from "../../routes";
import type { StoreOptions } from "../../types";
import type { Command } from "../command";
import { EXIT } from "../exit";
import { reach as reachFlags } from "../flags";
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
    "Checks everything that a deploy needs, one by one: the ARN, the endpoint and its source, the credentials and their source, their account, the session token's version, the host, the clock, the store's status and the permissions. A failed check is printed with its remedy. If the router is known and has a table, it also shows whether the table has an index, and if not, why. Writes nothing, so it cannot check whether UpdateKeys is allowed.",
  flags: reachFlags,
  examples: [
    { text: "why is access denied?", line: "routesync doctor --stage production" },
    { text: "with another profile", line: "routesync doctor --store <arn> --profile deploy" },
  ],
  result: "`ok` and `checks`: `name`, `state` (`ok`, `failed` or `unknown`), `found`, `remedy`",
  async run(run) {
    const { reach, withSettings } = await import("../settings.js");
    const found = await withSettings(run, ["store"], async (settings) => {
      const at = reach(run, settings);
      const { router } = settings.options;
      const checkup = await checkStore(at);
      const index = checkup.ok && router !== undefined ? await indexOf(at, router) : [];
      return { ...checkup, checks: [...checkup.checks, ...index] };
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

function checkText({ name, state, found, remedy }: Check, colors: Output["colors"]): string {
  const sign = { ok: colors.green("✓"), failed: colors.red("✗"), unknown: colors.dim("?") }[state];
  const line = `${sign} ${name.padEnd(22)} ${found}`;
  return remedy === undefined ? line : `${line}\n  ${" ".repeat(22)} → ${remedy}`;
}

/**
 * The provider, which runs in Pulumi's process for dynamic providers. Native code puts resources that are handled at the same time into
 * one commit. Imports nothing from Pulumi.
 */
import { isDeepStrictEqual } from "node:util";

import { isRouteSyncError } from "../../errors";
import { gathering } from "../../gather";
import { differing, removalOf, takingAlso, yielded } from "../../ownership";
import { syncRoutes } from "../../routes";
import type { SyncOptions, SyncReport } from "../../types";
import { failures, preview, sameRoutes, withoutSession } from "./check";
import type { Failure } from "./check";
import { read } from "./read";
import { crossing, nameIn, log, logReport } from "./log";
import { optionsOf, stateOf } from "./state";
import type { Declared, State } from "./state";

const { gathered, recordCall } = gathering();

/** By part, the state of a resource that is being replaced. Its owner yields its routes to the new one. */
const replaced = new Map<string, State>();

/** Whether this process has received a declaration. In a `destroy`, the program does not run, and there is none. */
let deploys = false;

async function check(
  olds: Partial<Declared>,
  news: Declared,
): Promise<{ inputs: Declared; failures: Failure[] }> {
  deploys = true;
  const inputs = withoutSession(news);
  const found = failures(inputs);
  // `diff` previews a resource that exists, since it also gets the state.
  const isNew = Object.keys(olds).length === 0 && !replaced.has(inputs.part);
  if (isNew && found.length === 0) await preview(inputs, {});
  return { inputs, failures: found };
}

async function diff(
  _id: string,
  olds: State,
  news: Declared,
): Promise<{ changes: boolean; replaces: string[] }> {
  const replaces = differing(olds, news);
  if (replaces.length > 0) {
    replaced.set(news.part, olds);
    await preview(news, {}, replaces.join() === "owner" ? Object.keys(olds.ids) : []);
    return { changes: true, replaces };
  }
  replaced.delete(news.part);
  const { routes: _before, ...optionsBefore } = optionsOf(olds);
  const { routes: _after, ...optionsAfter } = optionsOf(news);
  const changes =
    !isDeepStrictEqual(optionsBefore, optionsAfter) || olds.drift !== undefined || !sameRoutes(olds, news);
  if (changes) await preview(news, olds.ids);
  return { changes, replaces: [] };
}

async function create(inputs: Declared): Promise<{ id: string; outs: State }> {
  const old = replaced.get(inputs.part);
  const takeover = old ? await yielded(old, inputs) : [];
  const options = optionsOf(inputs);
  const report = await synced({
    ...options,
    part: inputs.part,
    previous: {},
    takeover: takingAlso(options.takeover, takeover),
  });
  logReport(report);
  return { id: `${inputs.router}/${inputs.owner}`, outs: stateOf(inputs, inputs.part, report) };
}

async function update(_id: string, olds: State, news: Declared): Promise<{ outs: State }> {
  const options = optionsOf(news);
  const report = await synced({
    ...options,
    // A refresh found damage that may not be visible in the table.
    ...(olds.drift && { verify: "full" as const }),
    // A resource that was renamed with an alias keeps its original part.
    part: olds.part,
    previous: olds.ids,
  });
  logReport(report);
  return { outs: stateOf(news, olds.part, report) };
}

async function remove(_id: string, state: State): Promise<void> {
  if (Object.keys(state.ids).length === 0) return;
  const declared = optionsOf(state);
  const options = {
    // After a `destroy` no later deploy sweeps metadata, so it is deleted immediately. In a deploy, requests may still use the old routes.
    gracePeriod: deploys ? 60 : 0,
    ...removalOf(declared),
    ...(declared.policy && { policy: declared.policy }),
  };
  try {
    logReport(await synced({ ...options, routes: {}, part: state.part, previous: state.ids }));
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    log(`the store of ${nameIn(state.part)} no longer exists, and neither do its routes`);
  }
}

/** Deploys a resource, together with all resources that Pulumi handles at the same time. */
async function synced(options: SyncOptions): Promise<SyncReport> {
  await gathered();
  return syncRoutes(options);
}

/** Wraps a method of the provider, so that its errors reach the engine with their code. */
function wrapped<Given extends unknown[], Answer>(method: (...given: Given) => Promise<Answer>) {
  return async (...given: Given): Promise<Answer> => {
    recordCall();
    try {
      return await method(...given);
    } catch (error) {
      throw crossing(error);
    }
  };
}

/** The provider to which the text of `handler.ts` forwards calls. */
export const provider = {
  check: wrapped(check),
  diff: wrapped(diff),
  create: wrapped(create),
  read: wrapped(read),
  update: wrapped(update),
  delete: wrapped(remove),
};

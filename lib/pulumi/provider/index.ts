/**
 * What runs in Pulumi's process for dynamic providers. Resources that are handled at the same time meet in one commit by
 * themselves, in native code. Imports nothing of Pulumi's.
 */
import { isDeepStrictEqual } from "node:util";

import { isRouteSyncError } from "../../errors";
import { differing, removalOf, takingAlso, yielded } from "../../ownership";
import { syncRoutes } from "../../routes";
import type { SyncOptions, SyncReport } from "../../types";
import { failures, preview, sameRoutes, withoutSession } from "./check";
import type { Failure } from "./check";
import { came, gathered } from "./debounce";
import { read } from "./read";
import { crossing, nameIn, log, logReport } from "./log";
import { optionsOf, stateOf } from "./state";
import type { Declared, State } from "./state";

/** By part, the state that is about to be replaced: its owner yields to the new one. */
const replaced = new Map<string, State>();

/** Whether this process has been shown a declaration: it is no `destroy`, for which the program does not run. */
let deploys = false;

async function check(
  olds: Partial<Declared>,
  news: Declared,
): Promise<{ inputs: Declared; failures: Failure[] }> {
  deploys = true;
  const inputs = withoutSession(news);
  const found = failures(inputs);
  // A resource that is there is previewed by `diff`, which knows what it has.
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
    // A refresh found damage that a look at the table alone may not show.
    ...(olds.drift && { verify: "full" as const }),
    // A resource that was renamed by an alias goes on as it was made.
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
    // Of a stack that is torn down nobody is left to sweep; beside a deploy, routes that were just changed are still being asked for.
    gracePeriod: deploys ? 60 : 0,
    ...removalOf(declared),
    ...(declared.policy && { policy: declared.policy }),
  };
  try {
    logReport(await synced({ ...options, routes: {}, part: state.part, previous: state.ids }));
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    log(`the store of ${nameIn(state.part)} is gone, and its routes with it`);
  }
}

/** All resources that Pulumi handles in the same moment, in one commit. */
async function synced(options: SyncOptions): Promise<SyncReport> {
  await gathered();
  return syncRoutes(options);
}

/** Runs a method so that what it throws says what it must. */
function told<Given extends unknown[], Answer>(method: (...given: Given) => Promise<Answer>) {
  return async (...given: Given): Promise<Answer> => {
    came();
    try {
      return await method(...given);
    } catch (error) {
      throw crossing(error);
    }
  };
}

/** What `handler.ts` hands over to. */
export const provider = {
  check: told(check),
  diff: told(diff),
  create: told(create),
  read: told(read),
  update: told(update),
  delete: told(remove),
};

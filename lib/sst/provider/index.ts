/**
 * The provider of SST's route resources. It runs in the process that Pulumi starts for dynamic providers, once per command, for all
 * resources of the stage. Resources that Pulumi handles at the same time share a commit. Imports nothing from Pulumi.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { invoke } from "../../call";
import { isRouteSyncError } from "../../errors";
import { gathering } from "../../gather";
import type { SyncReport, SyncWarning } from "../../types";
import { isOwnText, optionsIn } from "../handler";
import type { EntryProps, KeysProps, Kind } from "../kinds";
import type { ProviderOptions } from "../options";
import { checkCopies } from "./copies";
import { credentialsOf } from "./credentials";
import { Declared } from "./declared";
import { slots } from "./slots";
import { STILL_NAMED, Summary } from "./summary";

/** Properties, and the provider's text under `__provider`, which Pulumi adds. */
type WithProvider = Record<string, unknown>;

interface Method {
  create(inputs: KeysProps | EntryProps): Promise<{ id: string; outs: object }>;
  update(id: string, olds: WithProvider, news: WithProvider): Promise<{ outs: object }>;
  delete(id: string, outs: object): Promise<void>;
  diff(id: string, olds: WithProvider, news: WithProvider): Promise<{ changes: boolean }>;
}

/** SST's program makes dozens of resources between two routes, so its routes arrive further apart than those of other programs. */
const QUIET_MS = 300;

/**
 * A read may be older than this process's own removal of the entry, so keys that are still named are tried again after these times, in
 * milliseconds. Otherwise nothing would delete them later.
 */
const STALE_WAITS_MS = [500, 1_000, 2_000, 4_000];

const gather = gathering(slots().count, QUIET_MS);
const declared = new Declared();
const summary = new Summary(
  slots(),
  () => gather.full,
  () => declared.whyWaiting(),
);
summary.printAtEnd();

/** The options of the program, as far as a resource that it declares has shown them. */
let ofProgram: ProviderOptions | undefined;

/** The provider of one kind, with the options of the program that made the text in the state. */
export function provider(kind: Kind, options: ProviderOptions): Method {
  const resourceWith = (given: ProviderOptions) =>
    (kind === "keys" ? keysOf(given) : entriesOf(given)) as Resource<KeysProps | EntryProps>;
  const resource = resourceWith(options);
  return {
    create: wrapped(async (inputs) => {
      checkCopies(options);
      ofProgram = options;
      await resource.write(undefined, inputs);
      return { id: resource.id(inputs), outs: resource.outs(inputs) };
    }),
    update: wrapped(async (_id, olds, news) => {
      checkCopies(options);
      ofProgram = options;
      // The first update after SST's own provider or with other options writes nothing, unless the properties or the index have changed.
      const changed = differ(olds, news) || (kind === "entry" && indexed(olds) !== indexed(news));
      if (changed) await resource.write(olds as never, news as never);
      return { outs: resource.outs(news as never) };
    }),
    // The state of a dropped resource has the options of an earlier program, which may not work any more.
    delete: wrapped((_id, outs) => resourceWith(ofProgram ?? options).remove(outs as never)),
    diff: wrapped((_id, olds, news) => {
      ofProgram = options;
      // A resource that stays as it is protects what it has from the deletion of another one.
      resource.declare(news as never);
      return Promise.resolve({ changes: !sameOptions(olds, news) || differ(olds, news) });
    }),
  };
}

/** Whether the provider in the state is this package's, and has the options of the program. Its version does not matter. */
function sameOptions({ __provider: old }: WithProvider, { __provider: text }: WithProvider): boolean {
  if (!isOwnText(old)) return false;
  return !isOwnText(text) || isDeepStrictEqual(optionsIn(old), optionsIn(text));
}

/** Whether the table is to have an index. SST's own provider makes none. */
function indexed({ __provider: text }: WithProvider): boolean {
  return isOwnText(text) && optionsIn(text)?.index === true;
}

/** Whether the properties differ, apart from the provider. SST's outputs omit `false` and empty values. */
function differ(olds: WithProvider, news: WithProvider): boolean {
  const significant = (props: WithProvider) =>
    Object.fromEntries(
      Object.entries(props).filter(
        ([name, value]) => name !== "__provider" && value !== false && value !== undefined && !isEmpty(value),
      ),
    );
  return !isDeepStrictEqual(significant(olds), significant(news));
}

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** How resources of one kind are written. */
interface Resource<Props> {
  id(props: Props): string;
  /** The outputs, in SST's form. */
  outs(props: Props): object;
  /** Notes what the program declares. */
  declare(props: Props): void;
  /** Creates the resource, or changes it from `olds`. */
  write(olds: Props | undefined, news: Props): Promise<void>;
  remove(outs: Props): Promise<void>;
}

function entriesOf(options: ProviderOptions): Resource<EntryProps> {
  const change = (store: string, router: string, changes: object) =>
    send("changeEntries", options, { store, router, ...changes, ...(options.index && { index: true }) });
  return {
    id: ({ store, namespace, key }) => `${store}:${namespace}:${key}`,
    outs: ({ store, key, entry, namespace }) => ({ store, key, entry, namespace }),
    declare: (props) => declared.addEntry(props),
    async write(olds, news) {
      const { store, namespace: router, entry } = news;
      this.declare(news);
      const moved = olds !== undefined && (olds.store !== store || olds.namespace !== router);
      // Without the option, the index stays as it is, unless this program had the option before.
      const gives = olds !== undefined && !options.index && indexed(olds as WithProvider & EntryProps);
      const more = gives ? { index: false } : {};
      if (olds === undefined || moved || declared.hasEntry(olds)) {
        await change(store, router, { add: [entry], ...more });
        if (moved) await this.remove(olds);
        return;
      }
      await change(
        store,
        router,
        olds.entry === entry ? { add: [entry], ...more } : { replace: [[olds.entry, entry]], ...more },
      );
      await releaseKeys(olds);
    },
    async remove(outs) {
      if (declared.hasEntry(outs)) return;
      await change(outs.store, outs.namespace, { remove: [outs.entry] });
      await releaseKeys(outs);
    },
  };

  /** Removes the metadata whose deletion had to wait for this entry. */
  async function releaseKeys({ store, entry }: EntryProps): Promise<void> {
    const namespace = entry.split(",")[1] ?? "";
    declared.addReleased(store, namespace);
    const waiting = declared.takeWaiting(store, namespace);
    if (waiting) await keysOf(options).remove(waiting);
  }
}

function keysOf(options: ProviderOptions): Resource<KeysProps> {
  const change = (store: string, namespace: string, changes: object) =>
    send("changeKeys", options, { store, namespace, ...changes });
  return {
    id: () => "entries",
    outs: ({ store, entries, namespace, purge }) => ({ store, entries, namespace, ...(purge && { purge }) }),
    declare: (props) => declared.addKeys(props),
    async write(olds, news) {
      const { store, namespace, entries = {}, purge } = news;
      this.declare(news);
      const moved = olds !== undefined && (olds.store !== store || olds.namespace !== namespace);
      const before = moved ? {} : (olds?.entries ?? {});
      const names = Object.keys(entries);
      const puts = Object.fromEntries(
        Object.entries(entries).filter(([name, value]) => before[name] !== value),
      );
      const purging = purge === true &&
        olds !== undefined && {
          purge,
          keep: names.filter((name) => !(name in puts)),
          stored: Object.keys(before).filter((name) => !(name in entries)),
        };
      await change(store, namespace, { puts, ...purging });
      if (moved) await this.remove(olds);
    },
    async remove(outs) {
      if (declared.hasKeys(outs)) return;
      const { store, namespace, entries = {} } = outs;
      // SST may have stored other keys, too. They are left, as SST's own keys of routers are.
      const stored = Object.keys(entries).filter((name) => name === "metadata" || name.startsWith("/"));
      let named: SyncWarning | undefined;
      for (const wait of [...STALE_WAITS_MS, undefined]) {
        const report = await change(store, namespace, { puts: {}, purge: true, stored });
        named = report.warnings.find(({ code }) => code === STILL_NAMED);
        if (!named || wait === undefined || !declared.isReleased(outs)) break;
        await sleep(wait);
      }
      if (named) declared.addWaiting(outs, named.message);
    },
  };
}

/** Makes a raw call, together with those of all resources that Pulumi handles at the same time. */
async function send(name: string, options: ProviderOptions, changes: object): Promise<SyncReport> {
  const { gatherMs, client, deadline, verify } = options;
  const done = summary.begin();
  try {
    if (gatherMs > 0) await gather.gathered(gatherMs);
    const report = await invoke<SyncReport>(name, provider, {
      ...changes,
      client: { ...credentialsOf(client), ...client },
      deadline,
      verify,
    });
    summary.add(report);
    return report;
  } finally {
    done();
  }
}

/** Errors reach Pulumi's engine with their code, and without the stack of the provider's code. */
function wrapped<Given extends unknown[], Answer>(method: (...given: Given) => Promise<Answer>) {
  return async (...given: Given): Promise<Answer> => {
    gather.recordCall();
    try {
      return await method(...given);
    } catch (error) {
      const crossed = new Error(
        isRouteSyncError(error)
          ? `routesync: ${error.code}: ${error.message}`
          : String((error as Error)?.message ?? error),
      );
      crossed.stack = "";
      throw crossed;
    }
  };
}

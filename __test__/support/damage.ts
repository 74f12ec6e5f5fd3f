/** Ways to damage a store by hand, each with the expected finding of `verifyRoutes`. */
import type { FindingCode } from "../../index";
import type { LocalStore } from "../../lib/testing";
import { declare, freshStore, routes } from "./store";
import { rawTable } from "./table";

/** The declared routes of the owner `shop/test` in the damaged store. */
export const declared = routes(60);
export const SST = ["url,aaaa,,/sst/a", "bucket,bbbb,,/sst/b"];

/** SST's two routes, 60 of the owner in several chunks, five of another owner. */
export async function deployed(): Promise<LocalStore> {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": JSON.stringify(SST),
    "aaaa:metadata": '{"host":"sst.example","origin":{}}',
    "bbbb:metadata": '{"domain":"b.s3.us-east-1.amazonaws.com","origin":{"timeouts":{}}}',
    "unrelated:key": "value",
  });
  await declare(store, declared);
  await declare(store, routes(5, "other"), { owner: "other/stage" });
  whole.set(store, JSON.parse(rawTable(store.entries())) as string[]);
  return store;
}

const value = (store: LocalStore, key: string) => store.entries()[key] ?? "";
const put = (store: LocalStore, key: string, text?: string) => store.putRaw(store.arn, key, text);

/** The entries of the tables before the damage. */
const whole = new WeakMap<LocalStore, string[]>();

/** The id of the entry with a path. */
export function idOf(store: LocalStore, path: string): string {
  const line = whole.get(store)?.find((entry) => entry.endsWith(`,${path}`));
  return line?.split(",")[1] ?? "";
}

/** The last existing chunk that the marker counts. It contains no entries of SST. */
const own = (store: LocalStore) => {
  const keys = Object.keys(store.entries()).filter((key) => /^678a:routes:\d$/u.test(key));
  return keys.toSorted().at(-1) ?? "";
};

export interface Damage {
  code: FindingCode;
  /** Whether it destroys entries of others, which a repair cannot restore. */
  loses?: boolean;
  inflict(store: LocalStore): void;
}

export const damages: Record<string, Damage> = {
  "a chunk is gone": {
    code: "CHUNK_MISSING",
    loses: true,
    inflict: (store) => put(store, own(store)),
  },
  "a chunk breaks off": {
    code: "TABLE_CORRUPT",
    loses: true,
    inflict: (store) => put(store, own(store), value(store, own(store)).slice(0, 30)),
  },
  "the root is null": {
    code: "TABLE_CORRUPT",
    loses: true,
    inflict: (store) => put(store, "678a:routes", "null"),
  },
  "an entry has three fields": {
    code: "ENTRY_BREAKS_READER",
    inflict: (store) =>
      put(
        store,
        "678a:routes:0",
        value(store, "678a:routes:0").replace(/"url,[^,"]*,,\/r0"/u, (entry) => entry.replace(",,/r0", ",")),
      ),
  },
  "a chunk is left over": {
    code: "CHUNK_ORPHANED",
    inflict: (store) => put(store, "678a:routes:48", '"url,cccc,,/left"'),
  },
  "metadata of a declared route is gone": {
    code: "METADATA_MISSING",
    inflict: (store) => put(store, `${idOf(store, "/r7")}:metadata`),
  },
  "metadata of a declared route says something else": {
    code: "METADATA_ALTERED",
    inflict: (store) => put(store, `${idOf(store, "/r8")}:metadata`, '{"host":"evil.example","origin":{}}'),
  },
  "metadata of a declared route is no JSON": {
    code: "METADATA_GARBLED",
    inflict: (store) => put(store, `${idOf(store, "/r9")}:metadata`, "oops"),
  },
  "metadata of ours is orphaned": {
    code: "METADATA_ORPHANED",
    inflict: (store) => {
      const [owner] = idOf(store, "/r10").split(".");
      put(store, `${owner}.zzzzzzz:metadata`, '{"host":"old.example","origin":{}}');
    },
  },
  "the owner's record is gone": {
    code: "RECORD_MISSING",
    inflict: (store) => put(store, `678a:owner:${idOf(store, "/r11").split(".")[0]}`),
  },
  "the owner's record is garbled": {
    code: "RECORD_GARBLED",
    inflict: (store) => put(store, `678a:owner:${idOf(store, "/r11").split(".")[0]}`, "{"),
  },
};

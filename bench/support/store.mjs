/**
 * The store of a benchmark. It runs in a separate process, so that it does not share the event loop or the CPU time of the measured
 * program. `serve.mjs` starts it. Each message is one request, and gets one answer.
 */
import { startLocalStore } from "routesync/testing";

const store = await startLocalStore(JSON.parse(process.argv[2]));

const asks = {
  /** Creates an empty store, and resets the counters. */
  fresh() {
    const arn = store.createStore();
    store.resetStats();
    return arn;
  },
  /** Creates a store with the entries of another one. */
  copy(from) {
    const arn = asks.fresh();
    store.setEntries(arn, store.entries(from));
    return arn;
  },
  reset: () => store.resetStats(),
  put: ({ arn, entries }) => store.setEntries(arn, entries),
  stats: () => store.stats(),
  entries: (arn) => store.entries(arn),
  faults: (faults) => store.setFaults(faults),
  journal: () => store.journal(),
};

process.on("message", ({ ask, argument }) => process.send(asks[ask](argument) ?? null));
process.on("disconnect", () => process.exit());
process.send({ endpoint: store.endpoint, client: store.client });

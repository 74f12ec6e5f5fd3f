/**
 * The store of a benchmark, in a process of its own: it must not share the event loop, or the CPU time, of whom it
 * measures. Started by `serve.mjs`; one message asks for one thing and gets one answer.
 */
import { startLocalStore } from "routesync/testing";

const store = await startLocalStore(JSON.parse(process.argv[2]));

const asks = {
  /** An empty store, and counters at zero. */
  fresh() {
    const arn = store.createStore();
    store.resetStats();
    return arn;
  },
  /** A new store with another's entries. */
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

/** Eight processes deploy repeatedly at the same time: each route becomes live, and each process resolves and exits. */
import { expect, test } from "@jest/globals";

import { effort } from "./support/effort";
import { deployAtOnce } from "./support/processes";
import { freshStore, hosts, routes } from "./support/store";
import { targets } from "./support/table";

const PROCESSES = 8;
const RUNS = effort("rounds of eight processes", 4, 20);

test("8 processes with 25 routes each end with all 200 live, many times in a row", async () => {
  const store = await freshStore({ latencyMs: 5 });
  let conflicts = 0;
  for (let run = 0; run < RUNS; run++) {
    const arn = store.createStore();
    // In turn: owners of their own, each with its whole set, and constructs of one deploy, which share an owner.
    const shared = run % 2 === 1;
    const calls = Array.from({ length: PROCESSES }, (_, n) => ({
      store: arn,
      client: store.client,
      router: "678a",
      routes: routes(25, `p${n}-`),
      ...(shared ? { owner: "shop/test", part: `urn:${n}`, previous: {} } : { owner: `shop/${n}` }),
    }));
    const reports = await deployAtOnce(calls);
    expect(reports.filter((report) => "error" in report)).toEqual([]);
    expect(targets(store.entries(arn))).toEqual(
      Object.assign({}, ...calls.map((call) => hosts(call.routes))),
    );
    for (const report of reports) conflicts += "counts" in report ? report.counts.conflicts : 0;
  }
  // Or they never met, and nothing was shown.
  expect(conflicts).toBeGreaterThan(RUNS);
}, 120_000);

/** A thread of workers.mjs: one call of its own owner, about which it tells. */
import { parentPort, workerData } from "node:worker_threads";

import { declare } from "./support.mjs";

const { name, ...store } = workerData;
const report = await declare(store, { [`/${name}`]: `https://${name}.example` }, {
  owner: `${name}/test`,
  onProgress: ({ type }) => {
    if (name === "doomed" && type === "planned") parentPort.postMessage("planned");
  },
});
parentPort.postMessage(report.added);

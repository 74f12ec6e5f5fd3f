/** A thread of workers.mjs. It makes one call with its own owner, and reports the result. */
import { parentPort, workerData } from "node:worker_threads";

import { declare, retry } from "./support.mjs";

const { name, ...store } = workerData;
const { added } = await declare(
  store,
  { [`/${name}`]: `https://${name}.example` },
  { owner: `${name}/test`, retry },
);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
parentPort.postMessage(added);

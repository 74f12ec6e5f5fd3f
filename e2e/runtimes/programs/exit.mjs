/** `process.exit` ends the process immediately with its code, even if a request hangs. */
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore({ faults: { script: [{ on: "UpdateKeys", how: "hang", times: 1000 }] } });
declare(
  store,
  { "/api": "https://a.example" },
  {
    onProgress: ({ type }) => {
      if (type !== "planned") return;
      console.log("done");
      process.exit(7);
    },
  },
);

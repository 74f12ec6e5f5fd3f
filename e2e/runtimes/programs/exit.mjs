/** `process.exit` while a request hangs ends the process at once, with its code. */
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

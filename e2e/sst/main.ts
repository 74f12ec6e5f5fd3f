/** Stories of deploys with SST's real command, on loopback. */
import { theEnd } from "../pulumi/support/story";
import { dropIn } from "./stories/drop-in";
import { edge } from "./stories/edge";
import { trouble } from "./stories/trouble";
import { lifecycle, ROUTESYNC, SST_ALONE } from "./stories/lifecycle";
import { cleanUp } from "./support/places";

async function main(): Promise<void> {
  try {
    await lifecycle(SST_ALONE);
    await lifecycle(ROUTESYNC);
    await dropIn();
    await edge();
    await trouble();
  } finally {
    cleanUp();
  }
  theEnd();
  // After a story that failed, a server may still listen.
  process.exit();
}

void main();

/** Stories of deploys with SST's real command, on loopback. */
import { theEnd } from "../pulumi/support/story";
import { lifecycle, SST_ALONE } from "./stories/lifecycle";
import { cleanUp } from "./support/places";

async function main(): Promise<void> {
  try {
    await lifecycle(SST_ALONE);
  } finally {
    cleanUp();
  }
  theEnd();
}

void main();

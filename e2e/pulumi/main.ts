/** Tests with the real Pulumi engine. The arguments are parts of the names of the stories to run. */
import { beside } from "./stories/beside";
import { crowd } from "./stories/crowd";
import { docs } from "./stories/docs";
import { elsewhere } from "./stories/elsewhere";
import { everyday } from "./stories/everyday";
import { names } from "./stories/names";
import { sst } from "./stories/sst";
import { trouble } from "./stories/trouble";
import { cleanUp } from "./support/pulumi";
import { theEnd } from "./support/story";

async function main(): Promise<void> {
  try {
    await everyday();
    await names();
    await trouble();
    await sst();
    await beside();
    await crowd();
    await docs();
    await elsewhere();
  } finally {
    cleanUp();
  }
  theEnd();
}

void main();

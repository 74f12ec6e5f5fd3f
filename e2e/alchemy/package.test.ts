/** Tests the entry as users get it, installed beside Alchemy. */
import { expect, test } from "@jest/globals";

import { node } from "../../__test__/support/run";

test("routesync/alchemy gives its names to import, as Alchemy is an ES module", async () => {
  const program = `import * as all from "routesync/alchemy"; console.log(Object.keys(all).join())`;
  expect(await node(["--input-type=module", "-e", program], __dirname)).toBe("Routes");
});

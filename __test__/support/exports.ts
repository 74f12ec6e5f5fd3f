/** Checks that the package's entries provide their names, with `import` and with `require`. */
import { describe, expect, test } from "@jest/globals";

import { node, root } from "./run";

/** `names` has the names of each entry. The programs run in `folder`, from which they find the package. */
export function testNames(names: Record<string, string[]>, folder = root): void {
  describe.each(Object.entries(names))("%s", (entry, exported) => {
    test("gives its names to require", async () => {
      const program = `Object.keys(require("${entry}")).toSorted().join()`;
      expect(await node(["-p", program], folder)).toBe(exported.join());
    });

    test("gives its names to import", async () => {
      const program = `import { ${exported.join()} } from "${entry}"; console.log(typeof ${exported.join(", typeof ")})`;
      const printed = await node(["--input-type=module", "-e", program], folder);
      expect(printed).toBe(exported.map(() => "function").join(" "));
    });
  });
}

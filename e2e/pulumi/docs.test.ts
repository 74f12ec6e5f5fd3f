/** Compiles the documents' programs for Pulumi. `__test__/docs.test.ts` compiles those that need no framework. */
import { expect, test } from "@jest/globals";

import { compiled, programsFor } from "../../__test__/support/docs/compile";

test("every program compiles", async () => {
  const found = programsFor("pulumi");
  expect(found.length).toBeGreaterThan(1);
  expect(await compiled(found, "pulumi")).toBe("");
});

/** The storm's judge finds each kind of damage. Otherwise its result "0 lost" would prove nothing. */
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { node } from "./support/run";

test("the judge finds what is wrong, and nothing else", async () => {
  const found: unknown = JSON.parse(await node([join(__dirname, "support/judge.mjs")]));
  expect(found).toEqual({
    right: [],
    "a route is gone": ["lost"],
    "a route leads back": ["lost"],
    "a route leads to what nobody declared": ["lost"],
    "the table is no JSON": ["broken"],
    "a chunk is missing": ["broken"],
    "an entry has three fields": ["broken"],
    "an entry has no metadata": ["broken"],
    "a pattern stands twice": ["broken"],
    "metadata goes with its entry": ["dark"],
    "an entry of SST is gone": ["foreign"],
    "an entry of SST is spelt otherwise": ["foreign"],
    "a key of SST is gone": ["foreign"],
  });
});

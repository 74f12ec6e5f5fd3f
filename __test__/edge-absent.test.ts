/** What the local edge takes away from Node, against the installed njs. */
import { expect, test } from "@jest/globals";

import { ABSENT } from "../lib/edge/absent";
import { loadFunction } from "../lib/edge/runtime";
import { viewerRequest } from "./support/edge";
import { fn, freshEdge, ask } from "./support/local-edge";
import { njsVersion, runInNjs } from "./support/njs";
import { freshStore, refusal } from "./support/store";

const names = Object.entries(ABSENT).flatMap(([object, all]) => all.map((name) => `${object}.${name}`));

/** A function that answers with the types of these expressions. */
const code = fn(
  `return { statusCode: 200, body: [${names.map((name) => `typeof ${name}`).join(", ")}].join() };`,
);
const nothing = names.map(() => "undefined").join();

test("a function has nothing in the local edge that the runtime does not have", async () => {
  const { returned } = await loadFunction(code, () => undefined)(viewerRequest("a.example", "/"));
  expect(returned).toEqual({ statusCode: 200, body: nothing });
});

test("njs has none of it", () => {
  const expected = { statusCode: 200, body: nothing };
  const event = viewerRequest("a.example", "/");
  // Without njs, there is nothing to compare with.
  const found = njsVersion ? runInNjs(code, {}, [event]).map(({ returned }) => returned) : [expected];
  expect(found).toEqual([expected]);
});

test("a function without a handler, and a lag that is none, are refused", async () => {
  const store = await freshStore();
  expect(await refusal(freshEdge({ store, function: "var x = 1;" }))).toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "function" },
  });
  for (const lagMs of ["5", null, -1, 60_001, Number.NaN]) {
    const error = await refusal(freshEdge({ store, router: "678a", lagMs: lagMs as never }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "lagMs" } });
  }
  const edge = await freshEdge({ store, router: "678a", lagMs: () => -5 });
  expect(await ask(edge, "/")).toMatchObject({ status: 503 });
  expect(edge.requests()[0]?.printed.join()).toContain("lagMs: found -5");
});

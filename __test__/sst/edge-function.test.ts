/** What is not exactly the function of SST's Router stays. The stories in e2e/sst have the real one. */
import { expect, test } from "@jest/globals";

import { ownFunction } from "../../lib/sst/edge-function";

const head = '\nimport cf from "cloudfront";\nasync function handler(event) {\n  ';
const tail = 'async function routeSite(a){}\n  const routerNS = "678a";\n  return event.request;\n}';

test.each([
  ["", "has another form"],
  ["async function handler(event) { return event.request; }", "has another form"],
  [`${head}\n  \n  ${tail}`, "has changed"],
  [`// first\n${head}\n  \n  ${tail}`, "has another form"],
  [`${head}\n  \n  ${tail.replace("678a", "678ab")}`, "has another form"],
  [`${head}if (x) return;\n  \n  ${tail} `, "has changed"],
])("%j stays", (code, why) => {
  expect(ownFunction(code)).toEqual({ unknown: `the code of its function ${why}` });
});

/** `npm test -- [--only cargo|jest] [arguments for jest]`, also on a fresh clone. */
import { buildAddon, buildDist, checkNode, checkPython, checkRust, fail, install, run } from "./ready.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--only");
const [, only] = at < 0 ? [] : args.splice(at, 2);
if (at >= 0 && only !== "cargo" && only !== "jest") fail("--only takes cargo or jest");

checkNode();
checkRust();
const python = checkPython();

if (only !== "jest") {
  run("cargo", ["test", ...(process.env.CI ? ["--locked"] : [])]);
}
if (only !== "cargo") {
  install();
  buildAddon();
  buildDist();
  const env = { ...process.env, ...(python && { ROUTESYNC_PYTHON: python }) };
  run("npx", ["--no-install", "jest", ...args], { env });
}

/**
 * Runs without the binary for this platform. The error must name this platform, the supported platforms and the remedy in one sentence.
 * The argument is the expected name of this platform.
 */
import assert from "node:assert/strict";
import { isRouteSyncError, syncRoutes } from "routesync";

const [platform] = process.argv.slice(2);
const error = await syncRoutes({}).then(
  () => assert.fail("the call resolved"),
  (reason) => reason,
);
assert.ok(isRouteSyncError(error));
assert.equal(error.code, "NATIVE_MISSING");
assert.equal(error.retryable, false);
console.log(error.message);
const [found, remedy] = error.message.split(": ");
assert.ok(found.endsWith(`on ${platform}`), found);
const published = ["linux-x64-gnu", "linux-x64-musl", "linux-arm64-gnu", "linux-arm64-musl"];
for (const each of [...published, "darwin-x64", "darwin-arm64", "win32-x64-msvc", "win32-arm64-msvc"]) {
  assert.ok(remedy.includes(each), each);
}
assert.match(remedy, /install again without --omit=optional/u);
assert.ok(!error.message.includes("\n"));
console.log("done");

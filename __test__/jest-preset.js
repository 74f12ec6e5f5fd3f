/**
 * The common settings of all Jest tests: those of this folder, through package.json, and those of the adapters in e2e/.
 *
 * @type {import("jest").Config}
 */
module.exports = {
  // The limit allows for servers and processes on a busy machine. Tests of speed have their own limits.
  testTimeout: 60_000,
  // One more worker than by default, since most tests wait for processes and servers.
  maxWorkers: "100%",
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
};

/**
 * What all Jest tests share: those of this folder, by package.json, and the adapters' in e2e/, by theirs.
 *
 * @type {import("jest").Config}
 */
module.exports = {
  // Servers and processes on a busy machine; what must be quick says so itself.
  testTimeout: 60_000,
  // One more than by default: most tests wait for processes and servers.
  maxWorkers: "100%",
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
};

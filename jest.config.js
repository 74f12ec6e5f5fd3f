/** @type {import("jest").Config} */
module.exports = {
  testMatch: ["<rootDir>/__test__/**/*.test.ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  modulePathIgnorePatterns: ["<rootDir>/target/", "<rootDir>/npm/"],
};

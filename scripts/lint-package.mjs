/** publint and Are The Types Wrong on a packed tarball: clean, but for what is named here with its reason. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { install, root } from "./ready.mjs";

/** Has a package.json of its own for these linters. */
const HOME = join("e2e", "runtimes");
const PUBLINT = join(root, HOME, "node_modules", "publint", "src", "cli.js");
const ATTW = join(root, HOME, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");

/** Node 10's resolution knows no `exports`: whoever has Node 20 has another. */
const RESOLUTION = ["--profile", "node16"];

/** By name, what is run on the package's tarball. */
const LINTERS = {
  publint: (tarball) => [PUBLINT, "run", tarball, "--strict"],
  // The provider is loaded by Pulumi's own process, by its name; nobody imports it.
  types: (tarball) => [ATTW, tarball, ...RESOLUTION, "--exclude-entrypoints", "alchemy", "pulumi-provider"],
  // Alchemy is an ES module, and so is what stands on it: there is nothing for `require`.
  "types, alchemy": (tarball) => [ATTW, tarball, "--profile", "esm-only", "--entrypoints", "alchemy"],
};

/** By linter, nothing when it is content, else what it said. */
export function lintPackage(tarball) {
  install(HOME);
  const said = Object.entries(LINTERS).map(([name, args]) => {
    try {
      execFileSync(process.execPath, [...args(tarball)], { cwd: root, encoding: "utf8", stdio: "pipe" });
      return [name, undefined];
    } catch (error) {
      return [name, `${error.stdout}${error.stderr}`.trim()];
    }
  });
  return Object.fromEntries(said);
}

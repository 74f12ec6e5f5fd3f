/** Runs publint and Are The Types Wrong on a packed tarball. Each exception has its reason here. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { install, root } from "./ready.mjs";

/** The folder whose package.json has these linters. */
const HOME = join("e2e", "runtimes");
const PUBLINT = join(root, HOME, "node_modules", "publint", "src", "cli.js");
const ATTW = join(root, HOME, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");

/** Leaves out the resolution of Node 10, which ignores `exports`. The package needs Node 20. */
const RESOLUTION = ["--profile", "node16"];

/** The command of each linter, for the package's tarball. */
const LINTERS = {
  publint: (tarball) => [PUBLINT, "run", tarball, "--strict"],
  // Pulumi's own process loads the provider by its name. No user imports it.
  types: (tarball) => [
    ATTW,
    tarball,
    ...RESOLUTION,
    "--exclude-entrypoints",
    "alchemy",
    "pulumi-provider",
    "sst-provider",
  ],
  // Alchemy and its adapter are ES modules, so `require` is not supported.
  "types, alchemy": (tarball) => [ATTW, tarball, "--profile", "esm-only", "--entrypoints", "alchemy"],
};

/** The output of each linter, or `undefined` if it found nothing. */
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

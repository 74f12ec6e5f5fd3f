/** Empty projects outside the repository, into which a package manager installs the package as users do. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { THIS_NODE } from "./tools.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** The time limit in milliseconds for a program. */
const LONGEST = 120_000;

/** Runs a program. Returns `undefined` if it succeeded, else a description of the failure. */
export async function outcome(command, args, { cwd, env, status = 0, says = "" }) {
  // On Windows, npm is a script, which only a shell can start.
  const options = { cwd, env, timeout: LONGEST, shell: process.platform === "win32" && command === "npm" };
  const [ended, printed] = await new Promise((done) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      done([error?.signal ?? error?.code ?? 0, `${stdout}${stderr}`.trim()]);
    });
  });
  if (ended !== status) return `ended with ${ended}, not ${status}\n${printed}`;
  return printed.includes(says) ? undefined : `did not say ${says}\n${printed}`;
}

/** An environment without variables of npm, under which this may run, and without the user's settings. Packages come only from `registry`. */
function environment(home, registry) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|pnpm_|yarn_|bun_|deno_|xdg_|node_)/iu.test(name) && !/_proxy$/iu.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    USERPROFILE: home,
    CI: "",
    npm_config_registry: registry,
    NPM_CONFIG_REGISTRY: registry,
    BUN_CONFIG_REGISTRY: registry,
    // Yarn 1 keeps the cache of root outside the home folder.
    YARN_CACHE_FOLDER: join(home, "yarn"),
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
    YARN_ENABLE_TELEMETRY: "0",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
    DENO_NO_UPDATE_CHECK: "1",
  };
}

/** Makes a project with the programs and the other files in `folders` beside this file. Nothing is installed yet. */
export function project(parent, name, registry, ...folders) {
  const folder = join(parent, name);
  const home = join(parent, `${name}-home`);
  for (const each of [folder, home]) mkdirSync(each, { recursive: true });
  const manifest = { name: "consumer", private: true, dependencies: { routesync: "*" } };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const each of ["programs", ...folders])
    cpSync(join(here, each), join(folder, each), { recursive: true });
  return { folder, env: environment(home, registry) };
}

/** Installs with npm. Returns `undefined` if it succeeded. */
export function npmInstall({ folder, env }, ...more) {
  return outcome("npm", ["install", "--no-audit", "--no-fund", ...more], { cwd: folder, env });
}

/** Runs a program of the project on a runtime. */
export function runProgram({ folder, env }, runtime, file, more = {}) {
  const { before = [], after = [], status } = more;
  const args = [...before, ...runtime.args, join("programs", file), ...after];
  return outcome(runtime.path, args, { cwd: folder, env, says: "done", status });
}

/** The layouts of the package managers, and how a program runs in each. */
export const LAYOUTS = [
  { name: "npm", install: (place) => npmInstall(place) },
  { name: "npm, linked", install: (place) => npmInstall(place, "--install-strategy=linked") },
  { name: "pnpm", tool: "pnpm", args: ["install", "--no-frozen-lockfile"] },
  { name: "yarn 1", tool: "yarn 1", args: ["install", "--no-lockfile"] },
  {
    name: "yarn 4, node_modules",
    tool: "yarn 4",
    args: ["install"],
    env: { YARN_NODE_LINKER: "node-modules" },
  },
  { name: "yarn 4, pnpm", tool: "yarn 4", args: ["install"], env: { YARN_NODE_LINKER: "pnpm" } },
  {
    name: "yarn 4, Plug'n'Play",
    tool: "yarn 4",
    args: ["install"],
    env: { YARN_NODE_LINKER: "pnp" },
    before: ["--require", "./.pnp.cjs", "--experimental-loader", "./.pnp.loader.mjs", "--no-warnings"],
  },
];

/** Installs with the package manager of a layout, which runs on this Node. */
export function layOut(layout, tool, { folder, env }) {
  if (layout.install) return layout.install({ folder, env });
  return outcome(THIS_NODE.path, [tool.path, ...layout.args], {
    cwd: folder,
    env: { ...env, ...layout.env },
  });
}

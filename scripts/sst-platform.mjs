/**
 * SST's platform for the end-to-end test: what `sst install` makes in a project's `.sst`, some 300 MB from npm. It is kept
 * in the user's cache by SST's version, unless it is there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { readJson } from "./pack.mjs";
import { fail, root } from "./ready.mjs";

const modules = join(root, "e2e", "sst", "node_modules");

/** The version of the plugin that the platform needs; another one would be a second installation. */
const CONFIG = `export default $config({
  app: () => ({ name: "e2e", home: "local", providers: { aws: "7.20.0" } }),
  async run() {},
});
`;

const command = `sst-${process.platform}-${process.arch}`;

/** The file of SST's command. */
export function sstCommand() {
  const file = join(modules, command, "bin", "sst");
  if (!existsSync(file)) fail(`the end-to-end test of SST does not know ${command}: ${file} is missing`);
  return file;
}

/** A project's `.sst`, with `platform` and `provider-lock.json`; installs them first where they are missing. */
export function platform() {
  const { version } = readJson(join(modules, command, "package.json"));
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const made = join(cache, "routesync", `sst-${version}`);
  if (!existsSync(made)) installPlatform(version, made);
  return join(made, ".sst");
}

function installPlatform(version, made) {
  console.error(`routesync: installing the platform of SST ${version} (once; some 300 MB, a minute or two)`);
  // Under another name until it is whole: an installation that was interrupted is not taken for one.
  const project = `${made}.${process.pid}`;
  mkdirSync(project, { recursive: true });
  process.once("exit", () => rmSync(project, { recursive: true, force: true }));
  writeFileSync(join(project, "sst.config.ts"), CONFIG);
  writeFileSync(join(project, "package.json"), "{}");
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: join(project, "config"),
    SST_STAGE: "e2e",
    SST_TELEMETRY_DISABLED: "1",
    SST_SKIP_DEPENDENCY_CHECK: "1",
    SST_NO_BUN: "1",
    // Binaries come as platform packages.
    npm_config_ignore_scripts: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_fetch_retries: "5",
  };
  const { status, stdout, stderr } = spawnSync(sstCommand(), ["install"], {
    cwd: project,
    env,
    encoding: "utf8",
  });
  if (status !== 0) fail(`sst install failed:\n${stdout}${stderr}`);
  renameSync(project, made);
}

/** Where things are: given by scripts/e2e-sst.mjs, which prepares them. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function given(name: string): string {
  const path = process.env[name];
  if (!path || !existsSync(path)) throw new Error(`${name} is missing: run npm run e2e:sst`);
  return path;
}

/** The repository. */
export const root = given("ROUTESYNC_ROOT");
/** SST's command. */
export const sstCommand = given("ROUTESYNC_SST");
/** What `sst install` makes in a project's `.sst`. */
export const platform = given("ROUTESYNC_SST_PLATFORM");
/** Pulumi's engine and language host. */
export const engine = given("ROUTESYNC_ENGINE");
/** Has routesync in its node_modules, as npm installs it. */
export const e2e = join(root, "e2e", "sst");

const folders: string[] = [];

export function newFolder(name: string): string {
  const made = mkdtempSync(join(tmpdir(), `routesync-sst-${name}-`));
  folders.push(made);
  return made;
}

/** Removes what the stories left. */
export function cleanUp(): void {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
}

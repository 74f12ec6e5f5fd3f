/**
 * `npm run pack:all -- [--out <folder>] [--addons <folder>] [--all]`: makes the tarballs exactly as they are published. These are the
 * package, with the platform packages as its optional dependencies, and the platform packages, each with its addon if that is available.
 *
 * Addons are taken from the repository's root, where the build puts them, or from anywhere under `--addons`. With `--all`, a missing
 * addon is an error.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { fail, root } from "./ready.mjs";

const PLATFORMS = readdirSync(join(root, "npm"));

export const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Runs `npm pack` on folders. Returns the packed packages in the same order. */
export function npmPack(folders, out) {
  mkdirSync(out, { recursive: true });
  const args = ["pack", ...folders, "--json", "--ignore-scripts", "--pack-destination", out];
  const options = { cwd: root, encoding: "utf8", shell: process.platform === "win32" };
  // npm 12 answers with an object by package, and earlier versions with a list.
  const answer = Object.values(JSON.parse(execFileSync("npm", args, options)));
  return folders.map((folder) => {
    const manifest = readJson(join(folder, "package.json"));
    const { filename, integrity, size, files } = answer.find(
      ({ name, version }) => name === manifest.name && version === manifest.version,
    );
    // Before npm 9, the answer had a scope's slash, and the file name a dash.
    const file = join(out, filename.replace(/^@/u, "").replace("/", "-"));
    return { manifest, file, integrity, size, files: files.map(({ path }) => path) };
  });
}

/** The list of the packed packages, beside the tarballs. On another machine, their folder has another path. */
const INDEX = "packed.json";

/** The packages that {@link packAll} wrote into a folder. */
export function packedIn(folder) {
  const { main, platforms } = readJson(join(folder, INDEX));
  const here = (packed) => Object.assign(packed, { file: join(resolve(folder), basename(packed.file)) });
  return { main: here(main), platforms: platforms.map(here) };
}

/** Packs the package and its platform packages as tarballs in `out`, with the addons in the folder `addons`. */
export function packAll(out, addons = root) {
  const stage = mkdtempSync(join(tmpdir(), "routesync-pack-"));
  try {
    const found = new Map(addonsIn(addons).map((file) => [basename(file), file]));
    const platforms = PLATFORMS.map((platform) => {
      const folder = join(stage, platform);
      cpSync(join(root, "npm", platform), folder, { recursive: true });
      copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
      const name = `routesync.${platform}.node`;
      const addon = found.has(name);
      if (addon) copyFileSync(found.get(name), join(folder, name));
      return { folder, addon };
    });
    const main = join(stage, "routesync");
    stageMain(
      main,
      platforms.map(({ folder }) => readJson(join(folder, "package.json"))),
    );
    const [first, ...others] = npmPack([main, ...platforms.map(({ folder }) => folder)], resolve(out));
    const made = {
      main: first,
      platforms: others.map((packed, index) => Object.assign(packed, { addon: platforms[index].addon })),
    };
    writeFileSync(join(out, INDEX), JSON.stringify(made));
    return made;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Puts the package and this machine's addon into a folder's node_modules, as npm installs them from the registry. */
export function installPackage(folder) {
  const modules = join(folder, "node_modules");
  const main = join(modules, "routesync");
  rmSync(main, { recursive: true, force: true });
  copyMain(main);
  for (const platform of PLATFORMS) {
    const name = `routesync.${platform}.node`;
    if (!existsSync(join(root, name))) continue;
    const its = join(modules, `routesync-${platform}`);
    rmSync(its, { recursive: true, force: true });
    cpSync(join(root, "npm", platform), its, { recursive: true });
    copyFileSync(join(root, name), join(its, name));
  }
}

/** Copies the files that package.json's `files` selects. */
function copyMain(folder) {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const options = { cwd: root, encoding: "utf8", shell: process.platform === "win32" };
  const [packed] = Object.values(JSON.parse(execFileSync("npm", args, options)));
  for (const { path } of packed.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(root, path), join(folder, path));
  }
}

/**
 * Copies the package's files, and writes a manifest with the platform packages. The repository's manifest does not have them, since
 * they exist only after they are published.
 */
function stageMain(folder, platforms) {
  copyMain(folder);
  const optionalDependencies = Object.fromEntries(platforms.map(({ name, version }) => [name, version]));
  const manifest = { ...readJson(join(root, "package.json")), optionalDependencies };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function addonsIn(folder) {
  const recursive = resolve(folder) !== root;
  return readdirSync(folder, { recursive })
    .filter((file) => file.endsWith(".node"))
    .map((file) => join(folder, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { out: { type: "string" }, addons: { type: "string" }, all: { type: "boolean" } },
  });
  const { main, platforms } = packAll(values.out ?? join(root, ".cache", "pack"), values.addons);
  for (const { manifest, file, size, addon } of [main, ...platforms]) {
    const what = addon === false ? ", without its addon" : "";
    console.log(
      `${manifest.name.padEnd(28)} ${size.toLocaleString("en-US").padStart(10)} bytes  ${file}${what}`,
    );
  }
  const missing = platforms.filter(({ addon }) => !addon).map(({ manifest }) => manifest.name);
  if (values.all && missing.length > 0)
    fail(`no addon for ${missing.join(", ")}: build each with npm run build:release -- --target <triple>`);
}

/**
 * Prepares a fresh clone: checks the required tools, installs the dependencies, and builds the addon and dist/. Each step runs only if
 * its inputs have changed. This file uses only Node, since it runs before anything is installed.
 *
 * `node scripts/ready.mjs [--release]` runs all steps.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const NODE_MIN = "20.0";
const PYTHON_MIN = "3.10";

/** Runs a command and shows its output. If the command fails, this process ends with the same code. */
export function run(command, args, options = {}) {
  // On Windows, npm and npx are scripts, which only a shell can start.
  const shell = process.platform === "win32" && command.startsWith("np");
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, ...options });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

export function fail(message) {
  console.error(`routesync: ${message}`);
  process.exit(1);
}

/** The version that a command prints, or `undefined` if it does not run. */
function versionOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] : undefined;
}

function older(version, min) {
  return version.localeCompare(min, undefined, { numeric: true }) < 0;
}

export function checkNode() {
  const found = process.versions.node;
  if (older(found, NODE_MIN)) fail(`Node ${found} is too old: install Node ${NODE_MIN} or newer`);
}

export function checkRust() {
  const min = /^rust-version = "(.*)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
  const found = versionOf("cargo", ["--version"]);
  const remedy = `install Rust ${min} or newer from https://rustup.rs and run this again`;
  if (!found) fail(`cargo was not found, or does not run: ${remedy}`);
  if (older(found, min)) fail(`cargo ${found} is too old: ${remedy}`);
}

/** Rust's target triple for this machine. Cargo builds it below `target/<triple>/`. */
export function hostTarget() {
  const libc = process.report?.getReport().header.glibcVersionRuntime ? "gnu" : "musl";
  const arch = { x64: "x86_64", arm64: "aarch64" }[process.arch];
  return {
    linux: `${arch}-unknown-linux-${libc}`,
    darwin: `${arch}-apple-darwin`,
    win32: `${arch}-pc-windows-msvc`,
  }[process.platform];
}

/** The Python 3 command, or `undefined` if there is none. In CI, a missing Python is an error. */
export function checkPython() {
  const commands = process.platform === "win32" ? ["python", "py"] : ["python3", "python"];
  for (const command of commands) {
    const found = versionOf(command, ["--version"]);
    if (found && !older(found, PYTHON_MIN)) return command;
  }
  const message = `Python ${PYTHON_MIN} or newer was not found`;
  if (process.env.CI) fail(`${message}: CI must not skip the tests that need it`);
  console.warn(`routesync: ${message}: the tests that need it are skipped`);
  return undefined;
}

/** Calls `make`, unless it was called before with the same inputs and the output still exists. */
function once(name, inputs, output, make, { variant = "", folder = "." } = {}) {
  // The stamp is in node_modules, which `npm ci` clears, so it always belongs to the present installation.
  const stamp = join(root, folder, "node_modules", ".routesync", name);
  const hash = hashOf(inputs) + variant;
  if (output() && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

function hashOf(inputs) {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap(filesIn)) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesIn(name) {
  const path = join(root, name);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map((file) => join(path, file))
    .filter((file) => statSync(file).isFile())
    .toSorted();
}

/** Installs the dependencies of the root, or of a folder with its own package.json. */
export function install(folder = ".") {
  const inputs = ["package-lock.json", ".npmrc"].map((file) => join(folder, file));
  const output = () => existsSync(join(root, folder, "node_modules"));
  once("install", inputs, output, () => run("npm", ["ci"], { cwd: join(root, folder) }), { folder });
}

export function buildAddon({ release = false } = {}) {
  const inputs = [
    ".cargo/config.toml",
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "crates",
    "scripts/build-release.mjs",
    "rust-toolchain.toml",
    "src",
    "package.json",
  ];
  const output = () => {
    const files = readdirSync(root);
    return files.includes("native.js") && files.some((file) => file.endsWith(".node"));
  };
  const script = release ? "build:release" : "build:debug";
  // Both profiles write the same file. The stamp records which one wrote it.
  once("addon", inputs, output, () => run("npm", ["run", "--silent", script]), { variant: script });
}

export function buildDist() {
  const inputs = [
    "lib",
    "tsconfig.json",
    "scripts/build-esm.mjs",
    "scripts/esm-scope.mjs",
    "scripts/types.mjs",
  ];
  const output = () =>
    ["dist/index.js", "dist/index.mjs", "dist/index.d.mts", ".cache/types/index.d.ts"].every((file) =>
      existsSync(join(root, file)),
    );
  once("dist", inputs, output, () => run("npm", ["run", "--silent", "build:dist"]));
}

/** Prepares everything that is needed to run the package. */
export function ready(options) {
  checkNode();
  checkRust();
  install();
  buildAddon(options);
  buildDist();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ready({ release: process.argv.includes("--release") });
}

/**
 * `npm run release:check [-- --tag v1.2.3]`: checks whether this checkout can be released. Each line shows one condition, and the
 * remedy if it does not hold. All conditions are checked, even after a failure.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ready, root } from "./ready.mjs";

const { values } = parseArgs({ options: { tag: { type: "string" } } });
ready({ release: true });
// These modules need the installed dependencies.
const { packAll, readJson } = await import("./pack.mjs");
const { lintPackage } = await import("./lint-package.mjs");
const { overSize } = await import("./size.mjs");

const text = (file) => readFileSync(join(root, file), "utf8");
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const manifest = readJson(join(root, "package.json"));
const { version } = manifest;
const platforms = readdirSync(join(root, "npm"));
const own = (platform) => readJson(join(root, "npm", platform, "package.json"));

let failed = 0;
/** Prints one line. `wrong` is empty if the condition holds, else the remedies. */
function check(what, wrong) {
  const bad = [wrong ?? []].flat().filter(Boolean);
  failed += bad.length > 0 ? 1 : 0;
  console.log(`${bad.length === 0 ? "ok    " : "FAILED"}  ${what}`);
  for (const each of bad) console.log(`        ${each.replaceAll("\n", "\n        ")}`);
}

const found = {
  "Cargo.toml": /^version = "(.*)"$/mu.exec(text("Cargo.toml"))?.[1],
  "Cargo.lock": /name = "routesync"\nversion = "(.*)"/u.exec(text("Cargo.lock"))?.[1],
  "package-lock.json": JSON.parse(text("package-lock.json")).version,
  "native.js": /expected (\S+) but got/u.exec(text("native.js"))?.[1],
  ...Object.fromEntries(platforms.map((platform) => [`npm/${platform}/package.json`, own(platform).version])),
};
check(
  `one version everywhere: ${version}`,
  Object.entries(found)
    .filter(([, its]) => its !== version)
    .map(([file, its]) => `${file} has ${its}: write ${version} there, or build again where it is generated`),
);

const heading = new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - (.*)$`, "mu").exec(
  text("CHANGELOG.md"),
);
const dated = /^\d{4}-\d{2}-\d{2}$/u.test(heading?.[1] ?? "");
check(
  "CHANGELOG.md has this version and its day",
  dated
    ? []
    : `write "## [${version}] - <year-month-day>" over its changes, instead of "${heading?.[0] ?? "nothing"}"`,
);

const tag = values.tag;
check(
  tag ? `the tag ${tag} is this version's` : "no tag was given",
  tag && tag !== `v${version}` ? `tag v${version}, or set the version to ${tag.slice(1)}` : [],
);

const dirty = git("status", "--porcelain");
check("the work tree is clean, generated files included", dirty && `commit or drop these:\n${dirty}`);

const manual = spawnSync(process.execPath, [join(root, "scripts", "cli-docs.mjs"), "--check"], {
  encoding: "utf8",
});
check("docs/cli.md is up to date", manual.status === 0 ? [] : manual.stderr);

const kept = ["license", "author", "engines", "repository", "description"];
const complete = platforms.flatMap((platform) => {
  const { os, cpu, libc, main, files, ...its } = own(platform);
  const [system, machine, abi] = platform.split("-");
  const wanted = { gnu: "glibc", musl: "musl" }[abi];
  const addon = `routesync.${platform}.node`;
  const right =
    os?.join() === system &&
    cpu?.join() === machine &&
    libc?.join() === wanted &&
    main === addon &&
    files?.join() === addon;
  const differs = kept.filter((key) => JSON.stringify(its[key]) !== JSON.stringify(manifest[key]));
  return [
    right ? "" : `npm/${platform}/package.json: os, cpu, libc, main and files must be those of ${platform}`,
    differs.length > 0
      ? `npm/${platform}/package.json: ${differs.join(", ")} must be as in package.json`
      : "",
    its.name === `routesync-${platform}`
      ? ""
      : `npm/${platform}/package.json: its name must be routesync-${platform}`,
  ];
});
check("the platforms' packages are complete", complete);

const out = mkdtempSync(join(tmpdir(), "routesync-release-"));
try {
  const packed = packAll(out);
  const { files } = packed.main;
  const needed = ["README.md", "LICENSE", "CHANGELOG.md", "native.js", "native.d.ts", "package.json"];
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    Object.values(Object(entry) === entry ? entry : { entry }),
  );
  const wanted = [...needed, ...entries.map((file) => file.slice(2)), manifest.bin.routesync.slice(2)];
  check(
    "the tarball has every entry",
    wanted.filter((file) => !files.includes(file)).map((file) => `add ${file} to "files", or build it`),
  );
  check(
    "the tarball has nothing else",
    files
      .filter((file) => !/^dist\/.*\.m?js$/u.test(file) && !wanted.includes(file))
      .map((file) => `${file}: take it out of "files"`),
  );
  const optional = Object.keys(packed.main.manifest.optionalDependencies ?? {}).length;
  check(
    "the platforms are its optional dependencies",
    optional === platforms.length ? [] : `${optional} of ${platforms.length} are: repair scripts/pack.mjs`,
  );
  const here = packed.platforms.filter(({ addon }) => addon);
  check(
    "a platform's tarball has its addon, README and LICENSE",
    here
      .filter(({ files: its }) => its.length !== 4)
      .map(({ manifest: its, files: all }) => `${its.name} has ${all.join(", ")}: repair scripts/pack.mjs`),
  );
  check(
    "nothing is larger than its bar",
    overSize().map(
      (what) => `${what}: make it smaller, or say in docs/size.md why its bar in scripts/size.mjs moves`,
    ),
  );
  for (const [name, said] of Object.entries(lintPackage(packed.main.file)))
    check(`${name} of the tarball`, said);
} finally {
  rmSync(out, { recursive: true, force: true });
}

console.log(
  failed === 0
    ? `\n${version} can be released: git tag v${version} && git push --tags`
    : `\n${failed} of these must be repaired first`,
);
process.exitCode = failed === 0 ? 0 : 1;

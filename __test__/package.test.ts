/** The package as its users get it: dist/, through its exports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { PLATFORMS } from "../lib/native";
import { node, root } from "./support/run";

const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const manifest = read("package.json");

const names = {
  routesync: [
    "RouteSyncError",
    "isRouteSyncError",
    "listOwners",
    "planRoutes",
    "pruneOwners",
    "readRoutes",
    "removeRoutes",
    "repairRoutes",
    "syncRoutes",
    "verifyRoutes",
  ],
  "routesync/testing": ["startLocalStore"],
};

describe.each(Object.entries(names))("%s", (name, exported) => {
  test("gives its names to require", async () => {
    expect(await node(["-p", `Object.keys(require("${name}")).toSorted().join()`])).toBe(exported.join());
  });

  test("gives its names to import", async () => {
    const program = `import { ${exported.join()} } from "${name}"; console.log(typeof ${exported.join(", typeof ")})`;
    const printed = await node(["--input-type=module", "-e", program]);
    expect(printed).toBe(exported.map(() => "function").join(" "));
  });
});

test("every export and its types are there", () => {
  const files = Object.values<string | Record<string, string>>(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? entry : Object.values(entry),
  );
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("nothing is installed with it but its binary", () => {
  expect(manifest.dependencies).toBeUndefined();
});

test("the platforms are the same in the loader, in the build's targets and in npm/", () => {
  const folders = readdirSync(join(root, "npm")).toSorted();
  expect([...PLATFORMS].toSorted()).toEqual(folders);
  const targets = folders.map((folder) => {
    const { os, cpu, libc, version } = read(`npm/${folder}/package.json`);
    expect(version).toBe(manifest.version);
    const arch = { x64: "x86_64", arm64: "aarch64" }[cpu[0] as string];
    const system = {
      linux: `unknown-linux-${libc?.[0] === "musl" ? "musl" : "gnu"}`,
      darwin: "apple-darwin",
      win32: "pc-windows-msvc",
    }[os[0] as string];
    return `${arch}-${system}`;
  });
  expect(targets.toSorted()).toEqual(manifest.napi.targets.toSorted());
});

test("one version in package.json and Cargo.toml", () => {
  const cargo = /^version = "(.*)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));
  expect(cargo?.[1]).toBe(manifest.version);
});

test("the changelog tells of this version", () => {
  const headings = readFileSync(join(root, "CHANGELOG.md"), "utf8").match(/^## \[.*/gm) ?? [];
  expect(headings.some((heading) => heading.startsWith(`## [${manifest.version}]`))).toBe(true);
});

test("the lock file names no registry", () => {
  expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
});

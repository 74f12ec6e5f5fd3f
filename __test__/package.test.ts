/** The package as users get it: dist/, through its exports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";

import { expect, test } from "@jest/globals";

import { PLATFORMS } from "../lib/native";
import { testNames } from "./support/exports";
import { node, root } from "./support/run";

const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const manifest = read("package.json");

const names = {
  routesync: [
    "RouteSyncError",
    "checkRoutes",
    "defineRoutes",
    "explainRoute",
    "isRouteSyncError",
    "listHistory",
    "listOwners",
    "migrateRoutes",
    "planRoutes",
    "pruneOwners",
    "readRoutes",
    "releaseRoutes",
    "removeRoutes",
    "repairRoutes",
    "rollbackRoutes",
    "setIndex",
    "syncRoutes",
    "verifyRoutes",
  ],
  "routesync/testing": ["startLocalEdge", "startLocalStore"],
};

// The adapters' entries need what they adapt to: their tests in e2e/ have it.
testNames(names);

test("an error is one of RouteSyncError's, whichever copy of the package it is of", async () => {
  const program = `
    import { createRequire } from "node:module";
    import { RouteSyncError, syncRoutes } from "routesync";
    const other = createRequire(import.meta.url)("routesync");
    const error = await syncRoutes({}).catch((error) => error);
    class Own extends RouteSyncError {}
    console.log(RouteSyncError === other.RouteSyncError, error instanceof RouteSyncError, error instanceof other.RouteSyncError);
    console.log(error instanceof Own, {} instanceof RouteSyncError, new Own({ code: "ABORTED", message: "" }) instanceof Own);
  `;
  const printed = await node(["--input-type=module", "-e", program]);
  expect(printed).toBe("false true true\nfalse false true");
});

test("every export and its types are there", () => {
  type Entry = string | { [condition: string]: Entry };
  const filesOf = (entry: Entry): string[] =>
    typeof entry === "string" ? [entry] : Object.values(entry).flatMap(filesOf);
  const files = filesOf(manifest.exports as Entry);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("every file of dist/ is used by an entry or by the command", () => {
  const shipped = readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.m?js$/u.test(file))
    .map((file) => join("dist", file));
  const text = JSON.stringify([manifest.exports, manifest.bin]);
  const named = (source: string) =>
    [...source.matchAll(/dist\/[\w./-]+\.m?js/gu)].map(([file]) => join(file));
  const used = new Set(named(text));
  for (const file of used) {
    const source = readFileSync(join(root, file), "utf8");
    const beside = [...source.matchAll(/(?:require\(|from |import\()"(\.[^"]*)"/gu)].flatMap(
      ([, path = ""]) => ["", ".js", "/index.js"].map((ending) => join(dirname(file), path + ending)),
    );
    for (const found of [...beside, ...named(source)]) if (shipped.includes(found)) used.add(found);
  }
  // What has types alone is compiled to nothing.
  const exporting = (file: string) =>
    /exports\.(?!__esModule)|^export /mu.test(readFileSync(join(root, file), "utf8"));
  expect(shipped.filter((file) => !used.has(file) && exporting(file))).toEqual([]);
});

test("the library needs nothing but its binary: what is installed with it is for the command line and the edge", () => {
  const files = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.m?ts$/u.test(file))
      .map((file) => join(folder, file));
  const needs = (file: string) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import|require)[ (]+"([^."][^"]*)"/gu)]
      .map(([, name]) => name as string)
      .filter((name) => !isBuiltin(name) && !name.startsWith("routesync"));
  const cli = files("lib/cli");
  // A peer: who uses these has it.
  const pulumi = files("lib/pulumi").filter((file) => !file.includes("provider"));
  expect(new Set(pulumi.flatMap(needs))).toEqual(new Set(["@pulumi/pulumi"]));
  const sst = files("lib/sst").filter((file) => !file.includes("provider"));
  const parts = (name: string) => name.split("/").slice(0, 2).join("/");
  expect(new Set(sst.flatMap(needs).map(parts))).toEqual(new Set(["@pulumi/pulumi"]));
  const cdk = files("lib/cdk");
  expect(new Set(cdk.flatMap(needs).map((name) => name.split("/")[0]))).toEqual(
    new Set(["aws-cdk-lib", "constructs"]),
  );
  const alchemy = files("lib/alchemy");
  expect(new Set(alchemy.flatMap(needs))).toEqual(new Set(["alchemy"]));
  const edge = files("lib/edge");
  expect(new Set(edge.flatMap(needs))).toEqual(new Set(["acorn", "mrmime"]));
  const known = new Set([alchemy, cli, pulumi, sst, cdk, edge].flat());
  const others = files("lib").filter((file) => !known.has(file));
  expect(others.filter((file) => needs(file).length > 0)).toEqual([]);
  const used = new Set([...cli, ...edge].flatMap(needs));
  expect(Object.keys(manifest.dependencies).toSorted()).toEqual([...used].toSorted());
});

test("index.d.ts is what lib/ declares", async () => {
  expect(await node(["scripts/types.mjs", "--check"])).toBe("");
});

test("the command is there, and is run by Node", () => {
  expect(readFileSync(join(root, manifest.bin.routesync), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/u);
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

test("no lock file names a registry, and every folder with one installs as the root does", () => {
  const folders = ["alchemy", "cdk", "pulumi", "runtimes", "sst"].map((name) => join("e2e", name));
  for (const folder of [".", "docs/site", ...folders]) {
    expect(readFileSync(join(root, folder, "package-lock.json"), "utf8")).not.toContain('"resolved"');
    expect(readFileSync(join(root, folder, ".npmrc"), "utf8")).toBe(
      readFileSync(join(root, ".npmrc"), "utf8"),
    );
  }
});

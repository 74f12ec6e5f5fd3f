/**
 * A package registry on loopback that serves only this workspace: the packed tarballs, and their dependencies as they are in
 * node_modules. Installations from it use no other source.
 */
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { npmPack, readJson } from "../../scripts/pack.mjs";
import { root } from "../../scripts/ready.mjs";

/** Serves the packages. A client uses the `manifest` of each for the resolution. */
export async function startRegistry(packages) {
  const tarballs = new Map(packages.map(({ file }) => [`/tarballs/${basename(file)}`, file]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const tarball = tarballs.get(path);
    if (tarball !== undefined) {
      response.setHeader("content-type", "application/octet-stream");
      response.end(readFileSync(tarball));
      return;
    }
    const document = packument(packages, path.slice(1), `http://${request.headers.host}`);
    response.statusCode = document === undefined ? 404 : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(document ?? { error: `${path}: not in this workspace` }));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function packument(packages, name, host) {
  const versions = packages.filter(({ manifest }) => manifest.name === name);
  if (versions.length === 0) return undefined;
  return {
    name,
    "dist-tags": { latest: versions[0].manifest.version },
    // The date is older than the minimum age that a client may require for packages.
    time: Object.fromEntries(versions.map(({ manifest }) => [manifest.version, "2020-01-01T00:00:00.000Z"])),
    versions: Object.fromEntries(
      versions.map(({ manifest, file, integrity }) => [
        manifest.version,
        { ...manifest, dist: { tarball: `${host}/tarballs/${basename(file)}`, integrity } },
      ]),
    ),
  };
}

/** Packs the direct and indirect dependencies of `manifest` from node_modules. */
export function packDependencies(manifest, out) {
  const folders = new Set();
  const visit = (dependencies, from) => {
    for (const name of Object.keys(dependencies ?? {})) {
      const folder = nearest(name, from);
      if (folders.has(folder)) continue;
      folders.add(folder);
      const { dependencies: own, optionalDependencies } = readJson(join(folder, "package.json"));
      visit({ ...own, ...optionalDependencies }, folder);
    }
  };
  visit(manifest.dependencies, root);
  return npmPack([...folders], out);
}

/** The folder in which Node finds the package `name` from the package in `from`. */
function nearest(name, from) {
  for (let folder = from; ; folder = join(folder, "..")) {
    const found = join(folder, "node_modules", name);
    if (existsSync(found)) return found;
    if (folder === root) throw new Error(`${name}, which ${from} needs, is not installed`);
  }
}

/** What goes wrong names the resource, and loses nothing. */
import { deepStrictEqual } from "node:assert";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { must } from "../../pulumi/support/check";
import { story } from "../../pulumi/support/story";
import { startApp } from "../support/app";
import type { App } from "../support/app";
import { figures } from "../support/figures";
import { INSTALL, namespace, router } from "../support/programs";
import { removed } from "../support/stored";

const ONE = { "/api": "https://api.example.com" };
const TWO = { ...ONE, "/docs": "https://docs.example.com" };

/** Runs a command, and returns what was printed. Fails when it succeeds or does not say `what`. */
async function mustFail(app: App, what: RegExp, command = "deploy"): Promise<string> {
  const run = await app.run(command);
  must(run.code !== 0, `sst ${command} succeeded:\n${run.text}`);
  must(what.test(run.text), `it does not say ${what}:\n${run.text}`);
  return run.text;
}

async function refused(): Promise<string> {
  await using app = await startApp({ run: router(ONE), first: INSTALL, routesync: true, whole: true });
  await app.deploy();
  const before = app.entries();
  app.program(router(TWO));
  app.cloud.store.setFaults({ failBefore: { fraction: 1, how: ["denied"], on: ["UpdateKeys"] } });
  await mustFail(app, /ACCESS_DENIED/u);
  deepStrictEqual(app.entries(), before);
  app.cloud.store.setFaults({});
  const deploy = await app.deploy();
  deepStrictEqual(app.table().length, 2);
  return figures({ deploy, remove: await removed(app) });
}

async function gone(): Promise<string> {
  await using app = await startApp({ run: router(ONE), first: INSTALL, routesync: true });
  await app.deploy();
  app.cloud.store.deleteStore(app.storeArn());
  app.program(router(TWO));
  await mustFail(app, /STORE_GONE/u);
  // A removal has nothing to do.
  const remove = await app.remove();
  return figures({ remove });
}

async function collision(): Promise<string> {
  const seen = new Map<string, string>();
  let pair: [string, string] | undefined;
  for (let n = 0; !pair; n++) {
    const path = `/p${n}`;
    const ns = namespace(`MyRouterRoute${path}`);
    const other = seen.get(ns);
    if (other) pair = [other, path];
    seen.set(ns, path);
  }
  const declared = Object.fromEntries(pair.map((path) => [path, "https://x.example.com"]));
  await using app = await startApp({ run: router(declared), first: INSTALL, routesync: true, whole: true });
  const text = await mustFail(app, /have the same namespace/u);
  for (const path of pair) must(text.includes(`MyRouterRoute${path}`), `it does not name ${path}:\n${text}`);
  app.program(router(ONE));
  await app.deploy();
  return figures({ remove: await removed(app) });
}

async function unknownForm(): Promise<string> {
  const another = `$util.runtime.registerStackTransformation(({ name, props, opts }) =>
    name.endsWith(".sst.aws.KvKeys") ? { props: { ...props, extra: "1" }, opts } : undefined);`;
  await using app = await startApp({ run: router(ONE), first: `${another}\n${INSTALL}`, routesync: true });
  const deploy = await app.deploy();
  must(
    /SST itself writes .*KvKeys/u.test(deploy.text),
    `there is no warning:\n${deploy.text}\n${app.logs()}`,
  );
  app.mustBeWhole();
  app.judge();
  return figures({ deploy, remove: await removed(app) });
}

async function unloadable(): Promise<string> {
  await using app = await startApp({ run: router(ONE), first: INSTALL, routesync: true, whole: true });
  const deploy = await app.deploy();
  const before = app.entries();
  const modules = join(app.folder, "node_modules");
  for (const name of ["routesync-linux-x64-gnu", "routesync-linux-arm64-gnu", "routesync-linux-x64-musl"]) {
    rmSync(join(modules, name), { recursive: true, force: true });
  }
  await mustFail(app, /NATIVE_MISSING/u);
  // Here the program does not run.
  await mustFail(app, /NATIVE_MISSING/u, "remove");
  deepStrictEqual(app.entries(), before, "nobody else removed the route");
  app.install();
  return figures({ deploy, remove: await removed(app) });
}

async function twoCopies(): Promise<string> {
  await using app = await startApp({ run: router(ONE), first: INSTALL, routesync: true, whole: true });
  // The provider runs in .sst/platform, so it finds this copy first.
  const second = join(app.folder, ".sst", "node_modules", "routesync");
  cpSync(join(app.folder, "node_modules", "routesync"), second, { recursive: true });
  const manifest = join(second, "package.json");
  writeFileSync(
    manifest,
    readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/u, '"version": "0.0.9"'),
  );
  await mustFail(app, /two copies of routesync/u);
  deepStrictEqual(app.entries(), {});
  rmSync(join(app.folder, ".sst", "node_modules"), { recursive: true });
  const deploy = await app.deploy();
  return figures({ deploy, remove: await removed(app) });
}

const installWith = (options: string) => INSTALL.replace("install()", `install(${options})`);

/** The program stops before the state of SST's resources changes: a removal could not end with wrong options in the state. */
async function badOption(): Promise<string> {
  await using app = await startApp({ run: router(ONE), routesync: true });
  await app.deploy();
  for (const [options, what] of [
    ['{ gather: "5 seconds" }', /gather: expected at most 2 seconds/u],
    ['{ deadline: "soon" }', /deadline: expected seconds/u],
    ['{ client: { endpont: "x" } }', /client.endpont: unknown option/u],
  ] as const) {
    app.first = installWith(options);
    app.program(router(ONE));
    await mustFail(app, what);
  }
  return figures({ remove: await removed(app) });
}

async function otherOptions(): Promise<string> {
  const credentials = "[former]\naws_access_key_id = AKIAFORMER\naws_secret_access_key = former\n";
  await using app = await startApp({ run: router(TWO), first: INSTALL, routesync: true, whole: true });
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = app.cloud.env;
  app.write({
    credentials: credentials
      .replace("AKIAFORMER", AWS_ACCESS_KEY_ID)
      .replace("= former", `= ${AWS_SECRET_ACCESS_KEY}`),
  });
  const env = { AWS_SHARED_CREDENTIALS_FILE: join(app.folder, "credentials") };
  app.first = installWith('{ client: { profile: "former" } }');
  app.program(router(TWO));
  await app.deploy({ env });
  // From now on there is no such profile.
  app.first = INSTALL;
  app.program(router(ONE));
  const drop = await app.deploy();
  deepStrictEqual(app.table().length, 1);
  return figures({ drop, remove: await removed(app) });
}

async function lateInstall(): Promise<string> {
  await using app = await startApp({
    run: `${router(ONE).replace("return", `${INSTALL}\nreturn`)}`,
    routesync: true,
  });
  await mustFail(app, /install was called after "MyRouter"/u);
  app.program(router(ONE).replace(/^/u, `${INSTALL}\n${installWith("{ order: false }")}\n`));
  await mustFail(app, /install was called before with other options/u);
  return "refused";
}

/** The program finds the package in a folder of a workspace, and SST's provider would not. */
async function elsewhere(): Promise<string> {
  await using app = await startApp({ run: router(ONE), routesync: true });
  const workspace = join(app.folder, "packages", "infra");
  app.write({ "packages/infra/index.ts": `export const go = async () => { ${INSTALL} };` });
  cpSync(join(app.folder, "node_modules"), join(workspace, "node_modules"), { recursive: true });
  app.uninstall();
  app.first = `await (await import("./packages/infra/index")).go();`;
  app.program(router(ONE));
  await mustFail(app, /routesync is not installed in .*, the folder of sst.config.ts/u);
  app.install();
  const deploy = await app.deploy();
  return figures({ deploy, remove: await removed(app) });
}

export async function trouble(): Promise<void> {
  await story("trouble: a write is refused, and the next deploy finishes", refused);
  await story("trouble: the store was deleted", gone);
  await story("trouble: two routes have one namespace", collision);
  await story("trouble: a resource of another form stays with SST", unknownForm);
  await story("trouble: the package cannot be loaded, and SST does not write instead", unloadable);
  await story("trouble: two copies of the package", twoCopies);
  await story("trouble: options that are wrong", badOption);
  await story("trouble: options that no longer work", otherOptions);
  await story("trouble: install comes late, or twice", lateInstall);
  await story("trouble: the package is in another folder", elsewhere);
}

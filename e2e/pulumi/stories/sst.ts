/** Runs examples/sst, bundled as SST bundles a configuration. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";
import type { Plugin } from "esbuild";

import { startLocalStore } from "../../../lib/testing";
import { must, mustMatch } from "../support/check";
import { serves } from "../support/edge";
import { installed, newFolder, Project, root } from "../support/pulumi";
import { story } from "../support/story";

/** The code that SST puts before a bundle. */
const banner = `
  import { createRequire as topLevelCreateRequire } from "module";
  const require = topLevelCreateRequire(import.meta.url);
  import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";
  const __filename = topLevelFileUrlToPath(import.meta.url);
  const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));
`;
const external = ["@pulumi/*", "undici", "@pulumiverse/*", "@sst-provider/*", "@aws-sdk/*"].concat([
  "esbuild",
  "archiver",
  "glob",
  "vite",
]);

/** The example unchanged, except for the service that it calls. */
const calling = (endpoint: string): Plugin => ({
  name: "endpoint",
  setup({ onLoad }) {
    onLoad({ filter: /sst\.config\.ts$/ }, ({ path }) => {
      const [before, after, ...more] = readFileSync(path, "utf8").split("Router.attach(router)");
      must(after !== undefined && more.length === 0, "the example does not attach one router");
      const client = JSON.stringify({ client: { endpoint } });
      return { contents: `${before}Router.attach(router, ${client})${after}`, loader: "ts" };
    });
  },
});

export async function sst(): Promise<void> {
  await story("examples/sst: bundled under SST's options, deployed, removed", async () => {
    await using store = await startLocalStore();
    const app = newFolder("sst");
    mkdirSync(join(app, "node_modules"));
    symlinkSync(join(installed, "routesync"), join(app, "node_modules", "routesync"), "junction");
    const platform = join(app, ".sst", "platform");
    const bundle = await build({
      entryPoints: [join(root, "e2e", "pulumi", "sst", "run.ts")],
      outfile: join(platform, "sst.config.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      target: "esnext",
      mainFields: ["module", "main"],
      external,
      banner: { js: banner },
      plugins: [calling(store.endpoint)],
      sourcemap: "inline",
      metafile: true,
      logLevel: "warning",
    });
    const bundled = Object.keys(bundle.metafile.inputs).some((input) =>
      input.endsWith("dist/pulumi/router.js"),
    );
    must(bundled, "routesync is not in the bundle");

    const project = new Project(undefined, store, "dev", undefined, platform);
    writeFileSync(join(platform, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(platform, "Pulumi.yaml"), "name: shop\nruntime: nodejs\nmain: sst.config.mjs\n");
    // SST passes only the environment to its programs.
    project.declare({ store: store.arn });
    await project.init();
    mustMatch(await project.preview(), /plan of MyRouterRoutes/);
    mustMatch(await project.up(), /routesync: 3 added/);
    await serves(store, {
      "/api/users": "api.lambda-url.us-east-1.on.aws",
      "/chat": "chat.lambda-url.us-east-1.on.aws",
      "/docs/index.html": "docs.s3.us-east-1.amazonaws.com",
    });
    mustMatch(await project.state(), /"owner":"shop\/dev\/MyRouterRoutes"/);
    await project.destroy();
    await serves(store, { "/api": undefined, "/docs": undefined });
    return `bundle of ${Math.round((Object.values(bundle.metafile.outputs)[0]?.bytes ?? 0) / 1024)} KB`;
  });
}

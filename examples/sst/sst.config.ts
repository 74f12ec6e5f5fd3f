/// <reference path="./.sst/platform/config.d.ts" />

/**
 * A router of SST whose routes routesync keeps: all of them in one write per deploy, and moved, renamed or removed without a gap.
 *
 * SST allows no import at the top of this file, so `run` imports.
 */
export default $config({
  app(input) {
    return {
      name: "shop",
      removal: input?.stage === "production" ? "retain" : "remove",
      home: "aws",
    };
  },
  async run() {
    const { Router } = await import("routesync/pulumi");

    const api = new sst.aws.Function("Api", { handler: "src/api.handler", url: true });
    const chat = new sst.aws.Function("Chat", { handler: "src/chat.handler", url: true });
    const docs = new sst.aws.Bucket("Docs", { access: "cloudfront" });

    const router = new sst.aws.Router("MyRouter");
    const routes = Router.attach(router);
    routes.route("/api", api.url, {
      rewrite: { regex: "^/api/(.*)$", to: "/$1" },
      readTimeout: "60 seconds",
    });
    routes.route("/chat", chat.url);
    routes.routeBucket("/docs", docs);

    return { url: router.url };
  },
});

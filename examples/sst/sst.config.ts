/// <reference path="./.sst/platform/config.d.ts" />

/**
 * A router of SST with both ways to use routesync. With `install()`, routesync writes the routes of SST's own components, here `Hello`.
 * The routes of `Router.attach` are declared to routesync itself: `sst diff` shows their plan.
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
    (await import("routesync/sst")).install();
    const router = new sst.aws.Router("MyRouter");

    const hello = new sst.aws.Function("Hello", {
      handler: "src/hello.handler",
      url: { router: { instance: router, path: "/hello" } },
    });

    const { Router } = await import("routesync/pulumi");
    const api = new sst.aws.Function("Api", { handler: "src/api.handler", url: true });
    const chat = new sst.aws.Function("Chat", { handler: "src/chat.handler", url: true });
    const docs = new sst.aws.Bucket("Docs", { access: "cloudfront" });

    const routes = Router.attach(router);
    routes.route("/api", api.url, {
      rewrite: { regex: "^/api/(.*)$", to: "/$1" },
      readTimeout: "60 seconds",
    });
    routes.route("/chat", chat.url);
    routes.routeBucket("/docs", docs);

    return { url: router.url, hello: hello.url };
  },
});

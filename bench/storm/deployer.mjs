/** A process that deploys. Each message is one deploy, and each of its calls is answered when it settles. */
import { syncRoutes } from "routesync";

process.on("message", async ({ deploy, calls }) => {
  await Promise.all(
    calls.map(async (options, index) => {
      const start = performance.now();
      const answer = await syncRoutes(options).then(
        ({ ids, etag, counts }) => ({ ids, etag, counts }),
        ({ code, message }) => ({ code, message }),
      );
      process.send({ deploy, index, ms: performance.now() - start, ...answer });
    }),
  );
});
process.on("disconnect", () => process.exit());

/** Tests with ministack, an independent emulator that verifies signatures. */
import { deepStrictEqual } from "node:assert";

import { prepare, startMinistack } from "../../../__test__/support/ministack";
import { readRoutes } from "../../../lib";
import { common, resources, ROUTER } from "../support/declared";
import { Project } from "../support/pulumi";
import { story } from "../support/story";

export async function elsewhere(): Promise<void> {
  const missing = prepare();
  if (missing) return;
  const ministack = await startMinistack({ auth: true });
  try {
    const credentials = await ministack.createUser("deployer");
    const place = async (name: string) => ({
      arn: await ministack.createStore(name),
      client: { endpoint: ministack.endpoint, credentials },
    });
    const patterns = async ({ arn, client }: Awaited<ReturnType<typeof place>>) => {
      const { routes } = await readRoutes({ store: arn, client, router: ROUTER });
      return routes.map(({ pattern }) => pattern).toSorted();
    };

    await story("on ministack: the seed's story, and a refresh", async () => {
      const store = await place("story");
      const project = await new Project("router", store).init();
      const declare = (urls: Record<string, string>) => project.declare({ router: common(store), urls });
      const both = { "/api": "https://api.example", "/chat": "https://chat.example" };
      await declare(both).up();
      deepStrictEqual(await patterns(store), ["/api", "/chat"]);
      await declare({ "/api": "https://api.example" }).up();
      deepStrictEqual(await patterns(store), ["/api"]);
      await declare(both).up();
      deepStrictEqual(await patterns(store), ["/api", "/chat"]);
      await project.refresh("--expect-no-changes");
      await project.destroy();
      deepStrictEqual(await patterns(store), []);
    });

    await story("on ministack: 100 resources of one route each", async () => {
      const store = await place("hundred");
      const hundred = Array.from({ length: 100 }, (_, n) => [
        `r${n}`,
        { [`/r${n}`]: `https://r${n}.example` },
      ]);
      const project = await new Project("routes", store).init();
      await project.declare(resources(store, Object.fromEntries(hundred))).up("--parallel", "100");
      deepStrictEqual((await patterns(store)).length, 100);
      await project.destroy("--parallel", "100");
      deepStrictEqual(await patterns(store), []);
    });
  } finally {
    await ministack.close();
  }
}

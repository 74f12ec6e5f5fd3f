/** The whole life of a stack, while SST writes the same table. */
import { startLocalStore } from "../../../lib/testing";
import { mustMatch } from "../support/check";
import { common, resources } from "../support/declared";
import { serves, Watch } from "../support/edge";
import { Project } from "../support/pulumi";
import { story } from "../support/story";
import { Writing } from "../support/writer";

const api = { "/api": "https://api.example" };
const chat = { "/chat": "https://chat.example" };
const bucket = "files.s3.us-east-1.amazonaws.com";

export async function beside(): Promise<void> {
  await story("a router from its first deploy to its last while SST writes throughout", async () => {
    await using store = await startLocalStore({ latencyMs: 5 });
    const project = await new Project("router", store).init();
    await using sst = new Writing(store);
    const holds = (wanted: Record<string, string | undefined>) =>
      serves(store, { "/api": "api.example", ...wanted, ...sst.routes });
    const router = common(store);

    await project.declare({ router, urls: { ...api, ...chat } }).up();
    await holds({ "/chat": "chat.example" });
    const watch = new Watch(store, { "/api": ["api.example"] });
    await project.declare({ router, urls: api }).up();
    await holds({ "/chat": undefined });
    await project.declare({ router, urls: { ...api, "/chat": "https://next.example" } }).up();
    await holds({ "/chat": "next.example" });
    await project.declare({ router, urls: api, buckets: { "/chat": bucket } }).up();
    await holds({ "/chat": bucket });
    await project.declare({ router: { ...router, owner: "shop/other" }, urls: { ...api, ...chat } }).up();
    await holds({ "/chat": "chat.example" });

    // Damage a single key that SST does not write, so that this does not overwrite SST's table.
    const entries = store.entries();
    const record = Object.keys(entries).find((key) => entries[key]?.includes('"chat.example"')) as string;
    await watch.judge();
    store.putRaw(store.arn, record);
    mustMatch(await project.refresh(), /METADATA_MISSING/);
    await project.up();
    await holds({ "/chat": "chat.example" });
    await watch.judge();

    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined, ...sst.routes });
    const written = await sst.stop();
    await serves(store, sst.routes);
    return `${written} routes of SST, ${store.stats().conflicts} conflicts`;
  });

  await story("resources come, get other names and go while SST writes throughout", async () => {
    await using store = await startLocalStore({ latencyMs: 5 });
    const project = await new Project("routes", store).init();
    await using sst = new Writing(store);
    await project.declare(resources(store, { api, chat })).up();
    const watch = new Watch(store, { "/api": ["api.example"], "/chat": ["chat.example"] });
    await project.declare(resources(store, { api, renamed: chat })).up();
    await serves(store, { "/api": "api.example", "/chat": "chat.example", ...sst.routes });
    await project.declare(resources(store, { both: { ...api, ...chat } })).up();
    await serves(store, { "/api": "api.example", "/chat": "chat.example", ...sst.routes });
    await watch.judge();
    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined, ...sst.routes });
    return `${await sst.stop()} routes of SST`;
  });
}

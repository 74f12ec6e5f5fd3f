/** Resources, owners and patterns are renamed. */
import { startLocalStore } from "../../../lib/testing";
import { must, mustMatch } from "../support/check";
import { common, resources } from "../support/declared";
import { serves, Watch } from "../support/edge";
import { Project } from "../support/pulumi";
import { story } from "../support/story";

const routes = { "/api": "https://api.example", "/chat": "https://chat.example" };
const stands = { "/api": ["api.example"], "/chat": ["chat.example"] };
const wanted = { "/api": "api.example", "/chat": "chat.example" };

export async function names(): Promise<void> {
  await story("an owner is renamed: the new one takes the routes, then the old one goes", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    await project.declare(resources(store, { all: routes }, { owner: "shop/one" })).up();
    const watch = new Watch(store, stands);
    project.declare(resources(store, { all: routes }, { owner: "shop/two" }));
    mustMatch(await project.preview(), /replace/, /plan of all/);
    mustMatch(await project.up(), /replaced/);
    await serves(store, wanted);
    await watch.judge();
    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined });
  });

  await story("a resource is renamed: the old one's late delete leaves the new one's routes", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    await project.declare(resources(store, { before: routes })).up();
    const watch = new Watch(store, stands);
    mustMatch(await project.declare(resources(store, { after: routes })).up(), /created/, /deleted/);
    await serves(store, wanted);
    must((await watch.judge()) >= 1, "nothing was written");
    await project.declare(resources(store, { after: { "/api": "https://api.example" } })).up();
    await serves(store, { "/api": "api.example", "/chat": undefined });
  });

  await story("a resource is renamed with an alias: nothing is written", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    await project.declare(resources(store, { before: routes })).up();
    store.resetStats();
    const opts = { aliases: [{ name: "before" }] };
    await project.declare(resources(store, { after: routes }, { opts })).up();
    must(store.stats().total === 0, "something was asked of the store");
    await project
      .declare(resources(store, { after: { ...routes, "/more": "https://more.example" } }, { opts }))
      .up();
    await serves(store, { ...wanted, "/more": "more.example" });
    await project.destroy();
    await serves(store, { "/api": undefined, "/more": undefined });
  });

  await story("another router: the new one's table stands before the old one's goes", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    await project.declare(resources(store, { all: routes })).up();
    store.journal();
    await project.declare(resources(store, { all: routes }, { router: "beef" })).up();
    const writes = store.journal();
    const first = writes.findIndex(({ puts }) => "beef:routes" in puts);
    const last = writes.findIndex(({ deletes }) => deletes.includes("678a:routes"));
    must(first >= 0 && last > first, `the order of the writes is ${first}, ${last}`);
  });

  await story("routes that others hold are refused with their name, and adopted when told to", async () => {
    await using store = await startLocalStore();
    store.setEntries(store.arn, {
      "678a:routes": '["url,0000,,/api"]',
      "0000:metadata": '{"host":"api.example","origin":{}}',
    });
    const project = await new Project("router", store).init();
    project.declare({ router: common(store), urls: { "/api": "https://api.example" } });
    const { code, text } = await project.run("up", "--yes", "--skip-preview");
    must(code !== 0, "the route of SST was taken");
    mustMatch(text, /ROUTE_CONFLICT/, /SST/, /adopt|takeover/);
    project.declare({ router: { ...common(store), adopt: true }, urls: { "/api": "https://api.example" } });
    await project.up();
    await serves(store, { "/api": "api.example" });
  });
}

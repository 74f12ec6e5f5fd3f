/** Names for the site: of documents their heading, of modules what one imports. */
import { Converter, JSX } from "typedoc";

const MODULES = {
  index: "routesync",
  testing: "routesync/testing",
  pulumi: "routesync/pulumi",
  cdk: "routesync/cdk",
  alchemy: "routesync/alchemy",
};
/** It has a heading for each of its parts. */
const BENCH = "What it costs to be one of many";

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const heading = /^# (.*)\n/.exec(document.content[0]?.text ?? "")?.[1];
    if (!heading) throw new Error(`${document.name}: a document without a heading`);
    document.name = heading === BENCH ? "Bench" : heading.replaceAll("`", "");
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const child of project.children ?? []) child.name = MODULES[child.name] ?? child.name;
    // The page shows the project's name already.
    const [first] = project.readme ?? [];
    if (first) first.text = first.text.replace(/^# .*\n/, "");
  });
  // Set by scripts/docs-site.mjs, where there is one.
  const rust = process.env.ROUTESYNC_SITE_RUST;
  if (rust) {
    app.renderer.hooks.on("sidebar.end", (page) =>
      JSX.createElement("p", null, JSX.createElement("a", { href: page.relativeURL(rust) }, "The Rust core")),
    );
  }
}

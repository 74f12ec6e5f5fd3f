/**
 * SST's own routes through routesync, without a changed line: `(await import("routesync/sst")).install()` as the first line of `run()`.
 *
 * @packageDocumentation
 */
import * as pulumi from "@pulumi/pulumi";

import { RouteSyncError } from "../errors";
import { handlerText } from "./handler";
import { isKnownProvider, kindOf, unknownForm } from "./kinds";
import { readOptions } from "./options";
import type { ProviderOptions } from "./options";
import { Namespaces } from "./namespaces";
import type { InstallOptions } from "./install-options";

export type { InstallOptions } from "./install-options";

const { version } = require("../../package.json") as { version: string };

let installed = false;

/**
 * Makes routesync write all routes of the app: those of `router.route()`, and those of sites and functions with `router`. They are
 * stored in SST's own form, so SST can deploy again without routesync at any time.
 *
 * Call it before the first component. Resources that do not have exactly the known form stay with SST, and a warning names them.
 *
 * @example
 * ```ts no-run
 * export default $config({
 *   app: () => ({ name: "shop", home: "aws" }),
 *   async run() {
 *     (await import("routesync/sst")).install();
 *     const router = new sst.aws.Router("MyRouter");
 *     router.route("/api", api.url);
 *   },
 * });
 * ```
 *
 * @throws RouteSyncError `INVALID_OPTION` for an option that is unknown or out of range, or outside of SST.
 */
export function install(options: InstallOptions = {}): void {
  const passed = readOptions(options, version);
  if (!process.env["SST_SERVER"]) {
    const message =
      "routesync/sst works only in the run() of sst.config.ts; in another program, use routesync or routesync/pulumi";
    throw new RouteSyncError({ code: "INVALID_OPTION", message });
  }
  if (installed) return;
  installed = true;
  const transform = transformation(passed, options.order ?? true);
  pulumi.runtime.registerStackTransformation(transform);
}

function transformation(options: ProviderOptions, order: boolean): pulumi.ResourceTransformation {
  const keysByParent = new Map<pulumi.Resource, pulumi.Resource[]>();
  const namespaces = new Namespaces();
  return ({ resource, type, name, props, opts }) => {
    const kind = kindOf(type, name);
    if (!kind) return undefined;
    const unknown = unknownForm(kind, props);
    if (unknown) return void leave(name, unknown);
    const own = handlerText(kind, options);
    const __provider = pulumi.output(props["__provider"] as pulumi.Input<string>).apply((text) => {
      if (isKnownProvider(kind, text)) return own;
      leave(name, "SST's provider for it has changed");
      return text;
    });
    const changed: Record<string, unknown> = { ...props, __provider };
    const parent = opts.parent;
    if (kind === "keys") {
      if (parent) keysByParent.set(parent, [...(keysByParent.get(parent) ?? []), resource]);
      // A second resource with this namespace fails before anything of it is written.
      changed["namespace"] = pulumi
        .all([props["namespace"] as pulumi.Input<string>, props["store"] as pulumi.Input<string>])
        .apply(([namespace, store]) => namespaces.claim(store, namespace, name));
    }
    const siblings = kind === "entry" && order && parent ? (keysByParent.get(parent) ?? []) : [];
    if (siblings.length === 0) return { props: changed, opts };
    // The entry goes live after the metadata to which it refers.
    const dependsOn = pulumi.output(opts.dependsOn ?? []).apply((own) => [own, siblings].flat());
    return {
      props: changed,
      opts: { ...opts, dependsOn: dependsOn as pulumi.Input<pulumi.Input<pulumi.Resource>[]> },
    };
  };
}

/** Names the resources that stay with SST. One warning names them all. */
const left = new Map<string, string[]>();

function leave(name: string, why: string): void {
  const names = left.get(why) ?? [];
  left.set(why, [...names, name]);
  if (names.length > 0) return;
  // In a later turn, so that the warning names all resources that are left for this reason.
  process.once("beforeExit", () => {
    const all = left.get(why) ?? [];
    const more = all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : "";
    void pulumi.log.warn(
      `routesync: SST itself writes ${all.slice(0, MOST_NAMES).join(", ")}${more}, because routesync ${version} does not know ` +
        `this form: ${why}. Upgrade routesync, or report this with your version of SST`,
    );
  });
}

const MOST_NAMES = 5;

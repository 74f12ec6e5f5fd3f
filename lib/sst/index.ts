/**
 * SST's own routes through routesync, without a changed line: `(await import("routesync/sst")).install()` as the first line of `run()`.
 *
 * @packageDocumentation
 */
import { isDeepStrictEqual } from "node:util";

import * as pulumi from "@pulumi/pulumi";

import { RouteSyncError } from "../errors";
import { checkProgram } from "./check-program";
import { FUNCTION_SUFFIX, FUNCTION_TYPE, ownFunction, ROUTER_TYPE } from "./edge-function";
import { handlerText } from "./handler";
import { isKnownProvider, kindOf, unknownForm } from "./kinds";
import { readOptions } from "./options";
import type { ProviderOptions } from "./options";
import { Namespaces } from "./namespaces";
import { serializeOnce } from "./serialize-once";
import { Siblings } from "./siblings";
import type { InstallOptions } from "./install-options";

export type { InstallOptions } from "./install-options";

const { version } = require("../../package.json") as { version: string };

let installed: InstallOptions | undefined;

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
 * @throws RouteSyncError `INVALID_OPTION` for an option that is unknown or out of range, outside of SST, after a component of SST, or if
 * this package is not installed in the folder of sst.config.ts.
 */
export function install(options: InstallOptions = {}): void {
  if (installed) {
    if (isDeepStrictEqual(installed, options)) return;
    const message = "install was called before with other options; call it once, as the first line of run()";
    throw new RouteSyncError({ code: "INVALID_OPTION", message });
  }
  checkProgram();
  const passed = readOptions(options, version);
  installed = options;
  serializeOnce();
  pulumi.runtime.registerStackTransformation(transformation(passed, options.order ?? true));
  if (options.edge === true) pulumi.runtime.registerStackTransformation(replaceFunction);
}

function transformation(options: ProviderOptions, order: boolean): pulumi.ResourceTransformation {
  const siblings = new Siblings();
  const namespaces = new Namespaces();
  return ({ resource, type, name, props, opts }) => {
    const kind = kindOf(type, name);
    if (!kind) return undefined;
    const unknown = unknownForm(kind, props);
    if (unknown) return void leave(name, unknown);
    const text = handlerText(kind, options);
    const provider = pulumi.output(props["__provider"] as pulumi.Input<string>).apply((theirs) => {
      if (isKnownProvider(kind, theirs)) return text;
      leave(name, "SST's provider for it has changed");
      return theirs;
    });
    const changed: Record<string, unknown> = { ...props, ["__provider"]: provider };
    if (kind === "keys") {
      if (opts.parent) siblings.add(opts.parent, resource);
      // A second resource with this namespace fails before anything of it is written.
      changed["namespace"] = pulumi
        .all([props["namespace"] as pulumi.Input<string>, props["store"] as pulumi.Input<string>])
        .apply(([namespace, store]) => namespaces.claim(store, namespace, name));
    }
    if (kind !== "entry" || !order || !opts.parent) return { props: changed, opts };
    // The entry goes live after the metadata to which it refers.
    const metadata = siblings.of(opts.parent);
    const dependsOn = pulumi.output(opts.dependsOn ?? []).apply(async (own) => [own, await metadata].flat());
    return {
      props: changed,
      opts: { ...opts, dependsOn: dependsOn as pulumi.Input<pulumi.Input<pulumi.Resource>[]> },
    };
  };
}

/** Replaces the function of each Router by routesync's, if it has exactly the known form. */
function replaceFunction({ type, name, props, opts }: pulumi.ResourceTransformationArgs) {
  const parent = (opts.parent as { __pulumiType?: string } | undefined)?.["__pulumiType"];
  if (type !== FUNCTION_TYPE || !name.endsWith(FUNCTION_SUFFIX) || parent !== ROUTER_TYPE) return undefined;
  const code = pulumi.output(props["code"] as pulumi.Input<string>).apply((theirs) => {
    const ours = ownFunction(theirs);
    if ("code" in ours) return ours.code;
    keep(name, ours.unknown);
    return theirs;
  });
  return { props: { ...props, code }, opts };
}

/** The reasons for which resources stay with SST, of which the user knows already. */
const warned = new Set<string>();

function keep(name: string, why: string): void {
  warn(
    why,
    `${name} stays SST's function, because routesync ${version} cannot replace it: ${why}. Routes are served as before, by a scan of the table`,
  );
}

function leave(name: string, why: string): void {
  warn(
    why,
    `SST itself writes ${name}, and all resources of the same form, because routesync ${version} does not know this ` +
      `form: ${why}. Upgrade routesync, or report this with your version of SST`,
  );
}

function warn(why: string, message: string): void {
  if (warned.has(why)) return;
  warned.add(why);
  // SST's command shows what the program prints, but no warning in Pulumi's log.
  console.log(`routesync: warning: ${message}`);
}

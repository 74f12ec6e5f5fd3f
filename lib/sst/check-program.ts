/** Checks of the program that calls `install`. */
import { createRequire } from "node:module";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { RouteSyncError } from "../errors";

/** Throws if routes of this program would stay with SST unnoticed. */
export function checkProgram(root = process.cwd()): void {
  if (!process.env["SST_SERVER"]) {
    reject(
      "routesync/sst works only in the run() of sst.config.ts; in another program, use routesync or routesync/pulumi",
    );
  }
  if (!isFound(root)) {
    reject(
      `routesync is not installed in ${root}, the folder of sst.config.ts: SST's providers find only packages there and in the folders ` +
        "above. Add routesync to the dependencies of that folder",
    );
  }
  const before = firstComponent();
  if (before) {
    reject(
      `install was called after ${JSON.stringify(before)}, so SST itself would write its routes, if it has any; ` +
        "call install as the first line of run()",
    );
  }
}

/** Whether the text in the state finds the provider. It searches from the folder in which SST's providers run. */
function isFound(root: string): boolean {
  // With a literal name, a bundler would follow it.
  const name = ["routesync", "sst-provider"].join("/");
  try {
    createRequire(join(root, ".sst", "platform", "package.json")).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** The name of a component of SST that the program has created already. Components take over transformations when they are created. */
function firstComponent(): string | undefined {
  // Pulumi keeps the resources of a stack in a field that is not public. Without the field, nothing is known.
  const stack = pulumi.runtime.getStackResource() as Internal | undefined;
  const component = [...(stack?.["__childResources"] ?? [])].find((one) =>
    one["__pulumiType"]?.startsWith("sst:aws:"),
  );
  return component?.["__name"];
}

/** The fields of a resource in Pulumi. */
interface Internal {
  ["__childResources"]?: Iterable<Internal>;
  ["__pulumiType"]?: string;
  ["__name"]?: string;
}

function reject(message: string): never {
  throw new RouteSyncError({ code: "INVALID_OPTION", message });
}

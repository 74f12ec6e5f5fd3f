/** Declares the `Routes` resources in input.json. */
import { readFileSync } from "node:fs";

import type { CustomResourceOptions } from "@pulumi/pulumi";
import { Routes } from "routesync/pulumi";
import type { RoutesArgs } from "routesync/pulumi";

const { resources } = JSON.parse(readFileSync("input.json", "utf8")) as {
  resources: Record<string, RoutesArgs & { opts?: CustomResourceOptions }>;
};

export const ids = Object.entries(resources).map(
  ([name, { opts, ...args }]) => new Routes(name, args, opts).ids,
);

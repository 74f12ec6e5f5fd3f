/** Two versions of this package in one deploy: the program's, and the one that the provider finds. */
import { RouteSyncError } from "../../errors";
import type { ProviderOptions } from "../options";

const { version } = require("../../../package.json") as { version: string };

/** Throws if the program that declared the resource has another version of this package. */
export function checkCopies({ version: declaredBy }: ProviderOptions): void {
  if (declaredBy === version) return;
  throw new RouteSyncError({
    code: "INVALID_OPTION",
    message:
      `two copies of routesync: sst.config.ts uses version ${declaredBy}, and the provider found version ${version} from ${process.cwd()}; ` +
      "install one version in the folder of sst.config.ts, and deploy again. Nothing was written",
  });
}

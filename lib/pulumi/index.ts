/** `routesync/pulumi`: routes as Pulumi resources. Its contract is `pulumi.d.ts`. */
export { sstNamespace } from "./names";
export { Router } from "./router";
export { Routes } from "./routes";

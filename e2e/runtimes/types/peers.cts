/** The entries that need a peer, in CommonJS form. The entry for Alchemy does not have this form. */
import cdk = require("routesync/cdk");
import { Routes } from "routesync/pulumi";
import { App, Stack } from "aws-cdk-lib";

const store = "arn:aws:cloudfront::123456789012:key-value-store/8aa76c6d-3d7b-4c5a-a1b6-0123456789ab";
const routes = { "/api": "https://a.example" };
export const construct = new cdk.Routes(new Stack(new App(), "stack"), "Routes", {
  store,
  router: "678a",
  routes,
});
export const resource = new Routes("routes", { store, router: "678a", owner: "shop/test", routes });
// @ts-expect-error the store is missing
export const wrong = new Routes("wrong", { router: "678a", owner: "shop/test", routes });

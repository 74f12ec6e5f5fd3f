/** The entries that need a peer, in ESM form. */
import { Routes as AlchemyRoutes } from "routesync/alchemy";
import { Routes as CdkRoutes } from "routesync/cdk";
import { Router, Routes, sstNamespace } from "routesync/pulumi";
import { App, Stack } from "aws-cdk-lib";

const store = "arn:aws:cloudfront::123456789012:key-value-store/8aa76c6d-3d7b-4c5a-a1b6-0123456789ab";
const routes = { "/api": "https://a.example" };
export const cdk = new CdkRoutes(new Stack(new App(), "stack"), "Routes", { store, router: "678a", routes });
export const alchemy = AlchemyRoutes("routes", { store, router: "678a", owner: "shop/test", routes });
export const pulumi = new Routes("routes", { store, router: "678a", owner: "shop/test", routes });
export const names = [Router, sstNamespace];
// @ts-expect-error the store is missing
export const wrong = new Routes("wrong", { router: "678a", owner: "shop/test", routes });

/** Names that the reader of a document already has. They are put before each of its TypeScript programs. */
interface Given {
  text: string;
  /** Wraps a block in the code that it needs. */
  within?: (body: string) => string;
}

const ARN = `"arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666"`;

/** For programs that are run, values instead of only types. */
const CALLS = `
  const store = ${ARN};
  const routes: Record<string, import("routesync").RouteTarget> = { "/api": "https://abc123.lambda-url.us-east-1.on.aws" };
  const options = { store: ${ARN}, router: "678a", owner: "shop/production", routes: { "/api": "https://abc123.lambda-url.us-east-1.on.aws" } };
  const api = { url: "https://abc123.lambda-url.us-east-1.on.aws" };
`;

const SST = `
  import type { Output } from "@pulumi/pulumi";
  import type { BucketLike, SstRouter } from "routesync/pulumi";
  declare const sst: { aws: {
    Function: new (name: string, args: { handler: string; url: boolean }) => { url: Output<string> };
    Router: { new (name: string, args?: object): SstRoutes; get(name: string, distributionId: string): SstRoutes };
  } };
  type SstRoutes = SstRouter & { route(pattern: string, url: Output<string>): void };
  declare const $app: { name: string; stage: string };
  declare function $resolve<T extends unknown[]>(values: [...T]): { apply<U>(to: (values: [string, string]) => U): U };
  declare const docs: BucketLike;
  declare const distributionId: string;
`;

const PULUMI = `
  import type { Output } from "@pulumi/pulumi";
  declare const kvs: { arn: Output<string> };
  declare const api: { functionUrl: Output<string>; url: Output<string> };
  declare const chat: typeof api;
  declare const fn: typeof api;
  declare const docsBucket: { bucketRegionalDomainName: Output<string> };
  declare const docs: typeof docsBucket;
  declare const stage: string;
`;

const CDK: Given = {
  text: `
    import { Stack } from "aws-cdk-lib";
    declare const kvs: { keyValueStoreArn: string };
    declare const api: { url: string };
    declare const docs: { bucketRegionalDomainName: string };
  `,
  within: (body) => `export class Shop extends Stack { make() {\n${body}\n} }`,
};

const ALCHEMY = "declare const kvs: { arn: string }; declare const api: { url: string };";

const SST_PAGE: Given = {
  text: SST,
  within: (body) => (body.startsWith("async run()") ? `export default {\n${body}\n};` : body),
};

const GIVEN: Record<string, Given> = {
  "README.md": { text: `${SST} declare const api: { url: Output<string> };` },
  "docs/sst.md": SST_PAGE,
  "docs/pulumi.md": { text: `${PULUMI} const store = ${ARN};` },
  "docs/cdk.md": CDK,
  "docs/alchemy.md": { text: ALCHEMY },
  "docs/migrate.md": {
    text: `${SST} ${CALLS}
      declare const fn: { url: Output<string> };
      declare const bucket: { nodes: { bucket: { bucketRegionalDomainName: Output<string> } } };
      const legacy = { "/*": "https://shop.example", "/files/*": { bucket: "files.s3.us-east-1.amazonaws.com" } };
      const legacyRouterUrl = "https://d111111abcdef8.cloudfront.net";
      const images = "images.s3.us-east-1.amazonaws.com";
    `,
  },
  "index.d.ts": { text: CALLS },
  // The page of a declaration may use all names that it declares.
  "dist/pulumi/index.d.ts": {
    text: `${PULUMI}
      import type { SstRouter } from "routesync/pulumi";
      declare const sst: { aws: { Router: new (name: string) => SstRouter } };
      import { Router } from "routesync/pulumi";
      import { Routes } from "routesync/pulumi";
      import { sstNamespace } from "routesync/pulumi";
    `,
  },
  "dist/sst/index.d.ts": {
    text: `${SST} declare function $config(config: object): unknown; declare const api: { url: Output<string> };`,
  },
  "dist/cdk/index.d.ts": { ...CDK, text: `import { Routes } from "routesync/cdk"; ${CDK.text}` },
  "dist/alchemy/index.d.mts": { text: `import { Routes } from "routesync/alchemy"; ${ALCHEMY}` },
};

export const given = (file: string): Given => GIVEN[file] ?? { text: CALLS };

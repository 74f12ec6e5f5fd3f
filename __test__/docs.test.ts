/** The programs in the documents are what they say: each is compiled against the package's own types. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { node, root } from "./support/run";
import { programs } from "./support/docs";

interface Doc {
  file: string;
  /** What the reader has already. */
  given: string;
  /** Puts a block where it belongs. */
  within?: (body: string) => string;
}

const SST = `
  import type { Output } from "@pulumi/pulumi";
  import type { BucketLike, SstRouter } from "routesync/pulumi";
  declare const sst: { aws: {
    Function: new (name: string, args: { handler: string; url: boolean }) => { url: Output<string> };
    Router: new (name: string) => SstRouter;
  } };
  declare const docs: BucketLike;
`;

const docs: Doc[] = [
  { file: "README.md", given: `${SST} declare const api: { url: Output<string> };` },
  {
    file: "docs/pulumi.md",
    given: `
      import type { Output } from "@pulumi/pulumi";
      declare const kvs: { arn: Output<string> };
      declare const api: { functionUrl: Output<string> };
      declare const chat: typeof api;
      declare const docsBucket: { bucketRegionalDomainName: Output<string> };
      declare const store: string;
    `,
  },
  { file: "docs/sst.md", given: SST, within: (body) => `export default {\n${body}\n};` },
  {
    file: "docs/cdk.md",
    given: `
      import { Stack } from "aws-cdk-lib";
      declare const kvs: { keyValueStoreArn: string };
      declare const api: { url: string };
      declare const docs: { bucketRegionalDomainName: string };
    `,
    within: (body) => `export class Shop extends Stack { make() {\n${body}\n} }`,
  },
  {
    file: "docs/alchemy.md",
    given: "declare const kvs: { arn: string }; declare const api: { url: string };",
  },
];

let folder: string;
beforeAll(() => {
  // Within the package: it is found by its own name there.
  const cache = join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "docs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every TypeScript program in the documents of the frameworks compiles", async () => {
  let count = 0;
  for (const { file, given, within = (body: string) => body } of docs) {
    const found = programs(readFileSync(join(root, file), "utf8"));
    expect(found.length).toBeGreaterThan(0);
    for (const { imports, body } of found) {
      count += 1;
      const name = `${file.replace(/\W/gu, "-")}-${count}.mts`;
      writeFileSync(join(folder, name), [imports, given, within(body), "export {};"].join("\n"));
    }
  }
  const config = {
    extends: join(root, "tsconfig.json"),
    // What others ship has faults of its own.
    compilerOptions: { skipLibCheck: true, rootDir: root, typeRoots: [join(root, "node_modules", "@types")] },
    include: ["*.mts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const judged = await node([tsc, "--pretty", "false", "-p", folder]).catch(
    (error: { stdout: string }) => error.stdout,
  );
  expect(judged).toBe("");
  expect(count).toBeGreaterThan(docs.length);
});

/** Runs the programs of the documents unchanged. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { transform } from "esbuild";

import { firstProgram } from "../../../__test__/support/docs/blocks";
import { startLocalStore } from "../../../lib/testing";
import { must, mustMatch } from "../support/check";
import { serves } from "../support/edge";
import { Project } from "../support/pulumi";
import { story } from "../support/story";

export async function docs(): Promise<void> {
  await story("the program of docs/pulumi.md does what is written there", async () => {
    await using store = await startLocalStore();
    const project = await new Project("routes", store).init();
    const { imports, body } = firstProgram("docs/pulumi.md");
    const given = `
      const kvs = { arn: ${JSON.stringify(store.arn)} };
      const api = { functionUrl: "https://api.example" };
      const chat = { functionUrl: "https://chat.example" };
      const docsBucket = { bucketRegionalDomainName: "docs.s3.us-east-1.amazonaws.com" };
    `;
    const client = JSON.stringify({ endpoint: store.endpoint });
    const text = [imports, given, body].join("\n");
    const calling = text.replaceAll("store: kvs.arn", `client: ${client}, store: kvs.arn`);
    const { code } = await transform(calling, { loader: "ts", format: "cjs" });
    writeFileSync(join(project.folder, "index.js"), code);

    mustMatch(await project.preview(), /plan of Routes/, /plan of chat/);
    mustMatch(await project.up(), /routesync: \d added/);
    await serves(store, { "/api/users": "api.example", "/chat": "chat.example" });
    must(
      Object.values(store.entries()).some((value) => value.includes("docs.s3.")),
      "the bucket is not live",
    );
    mustMatch(await project.state(), /organization\/shop\/dev/);
    await project.destroy();
    await serves(store, { "/api": undefined, "/chat": undefined });
  });
}

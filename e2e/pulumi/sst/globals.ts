/** Small replacements for SST's globals in a configuration, with the public fields of its components. */
import { readFileSync } from "node:fs";

import { ComponentResource, output } from "@pulumi/pulumi";
import type { Output } from "@pulumi/pulumi";

const { store } = JSON.parse(readFileSync("input.json", "utf8")) as { store: string };

class Router extends ComponentResource {
  readonly _kvStoreArn = output(store);
  readonly _kvNamespace = output("678a");
  readonly url = output("https://d111111abcdef8.cloudfront.net");

  constructor(readonly constructorName: string) {
    super("sst:aws:Router", constructorName);
  }
}

class Function extends ComponentResource {
  readonly url: Output<string>;

  constructor(name: string) {
    super("sst:aws:Function", name);
    this.url = output(`https://${name.toLowerCase()}.lambda-url.us-east-1.on.aws/`);
  }
}

class Bucket extends ComponentResource {
  readonly nodes: { bucket: Output<{ bucketRegionalDomainName: string }> };

  constructor(name: string) {
    super("sst:aws:Bucket", name);
    const bucketRegionalDomainName = `${name.toLowerCase()}.s3.us-east-1.amazonaws.com`;
    this.nodes = { bucket: output({ bucketRegionalDomainName }) };
  }
}

export function provide(): void {
  // SST's command sets it for its programs. Here, nothing calls that server.
  process.env["SST_SERVER"] ??= "http://127.0.0.1:9";
  Object.assign(globalThis, {
    $config: (config: unknown) => config,
    $app: { name: "shop", stage: "dev" },
    sst: { aws: { Router, Function, Bucket } },
  });
}

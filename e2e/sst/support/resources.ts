/** What the stand-ins of Pulumi's plugins answer: outputs that look like AWS's, and KeyValueStores that exist. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { LocalStore } from "../../../lib/testing";

export type Properties = Record<string, unknown>;

/** What plugin/main.mjs asks. */
export interface Question {
  method: "create" | "update" | "read" | "delete" | "invoke";
  urn: string;
  type: string;
  name: string;
  id?: string;
  inputs: Properties;
}

export interface Answer {
  id: string;
  outputs: Properties;
}

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const arn = (service: string, resource: string, region = REGION): string =>
  `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;

/** Of each type that SST needs more of than an id and an ARN: the id, and outputs beside the inputs. */
const TYPES: Record<string, (asked: Question, id: string) => Answer> = {
  "aws:cloudfront/function:Function": ({ inputs }, id) => {
    const named = String(inputs["name"]);
    const outputs = { arn: arn("cloudfront", `function/${named}`, ""), status: "DEPLOYED" };
    return { id: named, outputs: { ...outputs, etag: id, liveStageEtag: id } };
  },
  "aws:cloudfront/distribution:Distribution": ({ inputs }, id) => {
    const named = `E${id.slice(0, 13).toUpperCase()}`;
    const outputs = {
      arn: arn("cloudfront", `distribution/${named}`, ""),
      domainName: `d${id.slice(0, 13)}.cloudfront.net`,
      hostedZoneId: "Z2FDTNDATAQYW2",
      status: "Deployed",
      etag: id,
      tagsAll: inputs["tags"] ?? {},
    };
    return { id: named, outputs };
  },
  "aws:s3/bucket:Bucket": ({ inputs, name }) => {
    const bucket = String(inputs["bucket"] ?? name.toLowerCase());
    const outputs = {
      bucket,
      arn: `arn:aws:s3:::${bucket}`,
      bucketDomainName: `${bucket}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${bucket}.s3.${REGION}.amazonaws.com`,
      region: REGION,
    };
    return { id: bucket, outputs };
  },
  "aws:iam/role:Role": ({ inputs, name }, id) => {
    const named = String(inputs["name"] ?? name);
    return { id: named, outputs: { name: named, arn: arn("iam", `role/${named}`, ""), uniqueId: id } };
  },
  "aws:lambda/function:Function": ({ inputs, name }, id) => {
    const named = String(inputs["name"] ?? name);
    const its = arn("lambda", `function:${named}`);
    return { id: named, outputs: { name: named, arn: its, invokeArn: its, version: "1", codeSha256: id } };
  },
  "aws:lambda/functionUrl:FunctionUrl": ({ inputs }) => {
    const named = String(inputs["functionName"]);
    const functionUrl = `https://${hash(named).slice(0, 32)}.lambda-url.${REGION}.on.aws/`;
    return { id: named, outputs: { functionUrl, functionArn: arn("lambda", `function:${named}`) } };
  },
  // A site's build. The stories write what it would write.
  "command:local:Command": (_asked, id) => ({ id, outputs: { stdout: "", stderr: "" } }),
  "random:index/randomBytes:RandomBytes": ({ inputs, urn }) => {
    const bytes = createHash("sha256").update(urn).digest().subarray(0, Number(inputs["length"]));
    const base64 = bytes.toString("base64");
    return { id: base64, outputs: { base64, hex: bytes.toString("hex") } };
  },
  "random:index/randomId:RandomId": (_asked, id) => ({ id, outputs: { hex: id.slice(0, 8), b64Url: id } }),
  "random:index/randomPassword:RandomPassword": (_asked, id) => ({ id: "none", outputs: { result: id } }),
};

const FUNCTIONS: Record<string, (inputs: Properties) => Properties> = {
  "aws:index/getRegion:getRegion": ({ region }) => ({ id: REGION, region: region ?? REGION, name: REGION }),
  "aws:index/getPartition:getPartition": () => ({ partition: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    accountId: ACCOUNT,
    arn: arn("iam", "user/e2e", ""),
    userId: "e2e",
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": ({ statements }) => {
    const json = JSON.stringify({ Version: "2012-10-17", Statement: statements ?? [] });
    return { json, minifiedJson: json };
  },
};

const KEY_VALUE_STORE = "aws:cloudfront/keyValueStore:KeyValueStore";

/** All that the stand-in plugins have created, of all apps that share an account. */
export class Resources {
  private readonly byId = new Map<string, Properties>();
  private readonly delays = new Map<string, number>();

  constructor(private readonly store: LocalStore) {}

  /** From now on, creating a resource of this type takes so long: a Lambda function takes minutes on AWS. */
  delay(type: string, ms: number): void {
    this.delays.set(type, ms);
  }

  async answer(asked: Question): Promise<Answer> {
    const { method, type, inputs } = asked;
    if (method === "invoke")
      return { id: "", outputs: { id: "1", ...(FUNCTIONS[type]?.(inputs) ?? inputs) } };
    if (method === "create") return this.create(asked);
    const id = asked.id ?? "";
    const known = this.byId.get(`${type}/${id}`);
    if (method === "delete") {
      this.byId.delete(`${type}/${id}`);
      if (type === KEY_VALUE_STORE && known) this.deleteStore(String(known["arn"]));
      return { id, outputs: {} };
    }
    if (method === "read" && !known) throw new Error(`${type} ${id} does not exist`);
    const outputs = method === "read" ? { ...known } : { ...known, ...visible(inputs) };
    this.byId.set(`${type}/${id}`, outputs);
    return { id, outputs };
  }

  private async create(asked: Question): Promise<Answer> {
    const { type, inputs, urn, name } = asked;
    await sleep(this.delays.get(type) ?? 0);
    const id = hash(urn);
    const service = type.split(":")[1]?.split("/")[0] ?? "";
    const special =
      type === KEY_VALUE_STORE ? this.createStore(String(inputs["name"] ?? name)) : TYPES[type]?.(asked, id);
    const made = special ?? { id, outputs: { arn: arn(service, name) } };
    const outputs = { ...visible(inputs), ...made.outputs };
    this.byId.set(`${type}/${made.id}`, outputs);
    return { id: made.id, outputs };
  }

  private createStore(name: string): Answer {
    const made = this.store.createStore(name);
    return { id: name, outputs: { arn: made, etag: made, lastModifiedTime: "2026-01-01T00:00:00Z" } };
  }

  /** As AWS's provider does, a store that somebody else has deleted counts as deleted. */
  private deleteStore(store: string): void {
    try {
      this.store.deleteStore(store);
    } catch {
      // It is gone.
    }
  }
}

/** Without Pulumi's own fields, such as `__defaults`. */
function visible(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("__")));
}

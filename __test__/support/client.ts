/** AWS's JavaScript client, as an independent reader and writer. */
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import type { UpdateKeysCommandInput } from "@aws-sdk/client-cloudfront-keyvaluestore";
// oxlint-disable-next-line import/no-unassigned-import -- it registers itself with the SDK
import "@aws-sdk/signature-v4a";

import type { Place } from "./store";
import type { Entries } from "./table";

const SCHEME = {
  name: "sigv4a",
  signingName: "cloudfront-keyvaluestore",
  signingRegion: "us-east-1",
  signingRegionSet: ["*"],
  properties: {},
};

export class OutsideClient {
  private readonly sdk: CloudFrontKeyValueStoreClient;

  constructor(private readonly place: Place) {
    const { endpoint, credentials } = place.client;
    if (!endpoint || !credentials) throw new Error("the test's client needs endpoint and credentials");
    this.sdk = new CloudFrontKeyValueStoreClient({
      region: "us-east-1",
      // Pass a copy, since the SDK adds a field to it.
      credentials: { ...credentials },
      maxAttempts: 1,
      // The SDK's rules put the account before the host, and such a name does not resolve.
      endpointProvider: () => ({
        url: new URL(endpoint),
        properties: {
          authSchemes: [SCHEME],
        },
      }),
    });
  }

  async describe() {
    const {
      ETag = "",
      ItemCount,
      TotalSizeInBytes,
    } = await this.sdk.send(new DescribeKeyValueStoreCommand({ KvsARN: this.place.arn }));
    return { etag: ETag, items: ItemCount, bytes: TotalSizeInBytes };
  }

  async get(key: string): Promise<string | undefined> {
    try {
      return (await this.sdk.send(new GetKeyCommand({ KvsARN: this.place.arn, Key: key }))).Value;
    } catch (error) {
      if ((error as Error).name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  async update(etag: string, change: Pick<UpdateKeysCommandInput, "Puts" | "Deletes">): Promise<string> {
    const input = { KvsARN: this.place.arn, IfMatch: etag, ...change };
    return (await this.sdk.send(new UpdateKeysCommand(input))).ETag ?? "";
  }

  /** Reads the whole store, page by page. */
  async list(): Promise<Entries> {
    const found: Entries = {};
    let token: string | undefined;
    do {
      const page = await this.sdk.send(
        new ListKeysCommand({ KvsARN: this.place.arn, MaxResults: 50, NextToken: token }),
      );
      for (const { Key = "", Value = "" } of page.Items ?? []) found[Key] = Value;
      token = page.NextToken;
    } while (token);
    return found;
  }

  close(): void {
    this.sdk.destroy();
  }
}

import type { Command } from "../command";
import { CliError } from "../exit";
import { json } from "../flags";

const READ = ["DescribeKeyValueStore", "GetKey", "ListKeys"];

/** The actions of the store's data plane for each purpose. No other AWS service is called. */
const ACTIONS: Record<string, string[]> = { plan: READ, sync: [...READ, "UpdateKeys"] };

export const policy: Command = {
  name: "policy",
  summary: "print the least IAM policy",
  details:
    "Prints the least IAM policy for a store: for sync and other commands that write, or for plan and other commands that only read. Sends nothing.",
  args: [{ name: "arn", text: "the ARN of the KeyValueStore" }],
  flags: [
    {
      flags: "--for <what>",
      text: "the commands that it allows",
      choices: ["plan", "sync"],
      fallback: "sync",
    },
    json,
  ],
  examples: [
    {
      text: "for the role that deploys",
      line: "routesync policy arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d > policy.json",
    },
    {
      text: "for the role that plans in pull requests",
      line: "routesync policy arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d --for plan",
    },
  ],
  result: "the policy document",
  async run({ args: [arn = ""], given }) {
    if (!/^arn:aws:cloudfront::\d{12}:key-value-store\/[\w-]+$/u.test(arn)) {
      throw new CliError(
        "USAGE",
        `${arn} is not the ARN of a KeyValueStore; expected arn:aws:cloudfront::<account>:key-value-store/<id>`,
      );
    }
    const purpose = (given["for"] as string | undefined) ?? "sync";
    const document = {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: `Routesync${purpose === "plan" ? "Plan" : "Sync"}`,
          Effect: "Allow",
          Action: ACTIONS[purpose]?.map((action) => `cloudfront-keyvaluestore:${action}`),
          Resource: arn,
        },
      ],
    };
    return { result: document, text: JSON.stringify(document, null, 2) };
  },
};

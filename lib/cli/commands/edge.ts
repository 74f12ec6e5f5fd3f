import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import type { Command, Outcome, Run } from "../command";
import { CliError } from "../exit";
import { configured, json, router } from "../flags";

export const edge: Command = {
  name: "edge",
  summary: "print the CloudFront Function that serves the routes",
  details:
    "Prints the text of a CloudFront Function for viewer requests, which finds the route of each request in the router's table. It needs the runtime cloudfront-js-2.0 and an association with the KeyValueStore. With --test, prints a test event instead, and the command of the AWS CLI that runs the deployed function with it and shows its compute utilization: pipe it to sh. Sends nothing.",
  flags: [
    {
      flags: "--otherwise <what>",
      text: "what a request without a route gets: 404, or the distribution's own origin",
      choices: ["notFound", "defaultOrigin"],
      fallback: "notFound",
    },
    { flags: "--block-default-domain", text: "answer 403 on the distribution's own domain" },
    { flags: "--probe", text: "answer /.well-known/routesync with the route of another request" },
    { flags: "--open-next", text: "set the headers that servers built with OpenNext expect" },
    { flags: "--before <file>", text: "code that runs before routing, the body of a function of `event`" },
    { flags: "--after <file>", text: "code that runs after routing" },
    { flags: "--test <url>", text: "print a test event for this URL, and the command that runs it" },
    { flags: "--name <name>", text: "the function's name for --test", fallback: "routesync" },
    router,
    ...configured,
    json,
  ],
  examples: [
    { text: "the function of a stage", line: "routesync edge --stage production > router.js" },
    {
      text: "how much of its compute budget it takes in your account",
      line: "routesync edge --test https://example.com/api --name my-router | sh",
    },
  ],
  result: "`code`, `bytes` and `limit`; with --test `event` and `command`",
  async run(run) {
    const { need, withSettings } = await import("../settings.js");
    const { edgeFunction, FUNCTION_BYTES } = await import("../../edge/function.js");
    const { given, out } = run;
    if (given["test"] !== undefined)
      return rehearsal(given["test"] as string, given["name"] as string | undefined);
    return withSettings(run, ["router"], async (settings) => {
      const code = edgeFunction({
        router: need(settings, "router"),
        ...chosen(run, "otherwise", "blockDefaultDomain", "probe", "openNext"),
        ...file(run, "before"),
        ...file(run, "after"),
      });
      const bytes = Buffer.byteLength(code);
      out.note(`${bytes} of ${FUNCTION_BYTES} bytes`);
      return { result: { code, bytes, limit: FUNCTION_BYTES }, text: code };
    });
  },
};

function chosen({ given }: Run, ...names: string[]): Record<string, never> {
  const set = names.filter((name) => given[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, given[name] as never]));
}

/** The text of a file that an option names. */
function file({ given, cwd }: Run, name: "before" | "after"): { before?: string; after?: string } {
  if (given[name] === undefined) return {};
  const path = resolve(cwd, given[name] as string);
  try {
    return { [name]: readFileSync(path, "utf8") };
  } catch (error) {
    throw new CliError("USAGE", `--${name}: ${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The event of a request for `url`, and a command that runs a function with it. */
async function rehearsal(url: string, name = "routesync"): Promise<Outcome> {
  const { parametersOf } = await import("../../edge/local/viewer.js");
  const asked = URL.canParse(url) ? new URL(url) : undefined;
  if (asked === undefined || !/^https?:$/u.test(asked.protocol)) {
    throw new CliError("USAGE", `--test: ${url} is not a URL such as https://example.com/api`);
  }
  if (!/^[\w-]{1,64}$/u.test(name)) {
    throw new CliError(
      "USAGE",
      `--name: ${name} cannot be the name of a function; expected 1 to 64 letters, digits, - and _`,
    );
  }
  const querystring = parametersOf(asked.search.slice(1));
  const event = {
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer: { ip: "192.0.2.1" },
    request: {
      method: "GET",
      uri: asked.pathname,
      querystring,
      headers: { host: { value: asked.host } },
      cookies: {},
    },
  };
  const command = [
    "aws cloudfront test-function",
    `--name ${name}`,
    "--stage DEVELOPMENT",
    `--if-match "$(aws cloudfront describe-function --name ${name} --stage DEVELOPMENT --query ETag --output text)"`,
    "--event-object fileb://event.json",
    "--query 'TestResult.{compute: ComputeUtilization, output: FunctionOutput, error: FunctionErrorMessage, logs: FunctionExecutionLogs}'",
  ].join(" \\\n  ");
  // The event is one line of JSON, so it cannot end the text early.
  const text = `cat > event.json <<'EVENT'\n${JSON.stringify(event)}\nEVENT\n${command}`;
  return { result: { event, command }, text };
}

/** Runs the shipped workflow and the examples of every command unchanged, with the configuration of the quick start. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

import { readRoutes } from "../../lib";
import { edgeFunction } from "../../lib/edge";
import { commands } from "../../lib/cli/commands";
import type { LocalStore } from "../../lib/testing";
import { environment, folder, main } from "../support/cli";
import { effort } from "../support/effort";
import { blocks, fileOf } from "../support/docs/blocks";
import { root } from "../support/run";
import { freshEdge } from "../support/local-edge";
import { declare, freshStore } from "../support/store";

const quickStart =
  blocks("docs/quick-start.md").find((block) => fileOf(block) === "routes.config.ts")?.text ?? "";
/** A configuration with a host for each stage, so that previews can share the store. */
const shared =
  blocks("docs/shared-routers.md").find((block) => fileOf(block) === "routes.config.ts")?.text ?? "";

/** The routes of that configuration. */
const DECLARED = {
  "/api": "https://abc123.lambda-url.us-east-1.on.aws",
  "/docs": { bucket: "docs.s3.us-east-1.amazonaws.com" },
};

interface Step {
  run?: string;
  env?: Record<string, string>;
}

interface Workflow {
  env: Record<string, string>;
  jobs: Record<string, { steps: Step[] }>;
}

interface Shell {
  cwd: string;
  say(line: string, env?: Record<string, string>): Said;
  /** Lets this process serve requests meanwhile. */
  sayBeside(line: string, env: Record<string, string>): Promise<Said>;
}

interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a shell in a project with this configuration. `npx` and `routesync` run the built command. */
function shell(store: LocalStore, config: string): Shell {
  const cwd = folder({
    "routes.config.ts": config,
    "legacy.mjs": `export default { "/api/*": "https://a.example", "/files/*": "https://b.example" };`,
  });
  const bin = join(cwd, "bin");
  mkdirSync(bin);
  const script = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  script("routesync", `exec "$NODE" "$MAIN" "$@"`);
  script("npx", `shift; exec "$NODE" "$MAIN" "$@"`);
  // What belongs to the runner and to GitHub: nothing is installed, and there is no comment yet.
  script("npm", ":");
  script("gh", `echo "$@" >> gh.log`);
  // No command of the AWS CLI may leave this machine.
  script("aws", `printf "%s " "$@" >> aws.log`);
  for (const home of [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"]) {
    mkdirSync(join(cwd, home), { recursive: true });
  }
  mkdirSync(join(cwd, ".aws"));
  const keys = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = not-a-secret";
  writeFileSync(join(cwd, ".aws", "credentials"), `[deploy]\n${keys}\n`);
  const base = environment({
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    NODE: process.execPath,
    MAIN: main,
    HOME: cwd,
    PR: "7",
    STORE_ARN: store.arn,
    ROUTESYNC_ENDPOINT: store.endpoint,
    GITHUB_RUN_NUMBER: "7",
    GITHUB_STEP_SUMMARY: join(cwd, "summary.md"),
  });
  return {
    cwd,
    say: (line, env = {}) =>
      spawnSync("bash", ["-e", "-c", line], { cwd, env: { ...base, ...env }, encoding: "utf8" }),
    sayBeside: (line, env) =>
      new Promise((resolve, reject) => {
        const child = spawn("bash", ["-e", "-c", line], { cwd, env: { ...base, ...env } });
        const said = { stdout: "", stderr: "" };
        child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
        child.stdin.end();
        child.on("error", reject).on("close", (status) => resolve({ status, ...said }));
      }),
  };
}

/** The values for `${{ … }}`, as GitHub would insert them. */
function filled(text: string, known: Record<string, string>): string {
  return text.replaceAll(/\$\{\{ *([\w.]+) *\}\}/gu, (_, name: string) => {
    if (known[name] === undefined) throw new Error(`the test does not know ${name}`);
    return known[name];
  });
}

const posix = process.platform === "win32" ? describe.skip : describe;

posix("a workflow in examples/", () => {
  const shipped = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.ya?ml$/u.test(file),
  );

  test("is there", () => expect(shipped).toEqual([join("github-actions", "routes.yml")]));

  function runJob(file: string, job: string, store: LocalStore, at: Shell): void {
    const known = {
      "vars.ROUTES_STORE_ARN": store.arn,
      "vars.ROUTES_ROUTER": "678a",
      "github.token": "token",
      "github.repository": "shop/shop",
      "github.event.number": "7",
    };
    const workflow = parse(readFileSync(join(root, "examples", file), "utf8")) as Workflow;
    const variables = (env: Record<string, string> = {}) =>
      Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value, known)]));
    // The runner has only what the workflow gives it.
    const env = { STORE_ARN: "", ...variables(workflow.env) };
    for (const { run, env: more } of workflow.jobs[job]?.steps ?? []) {
      if (run === undefined) continue;
      const { status, stderr } = at.say(filled(run, known), { ...env, ...variables(more) });
      expect({ run, status, stderr: status === 0 ? "" : stderr }).toEqual({ run, status: 0, stderr: "" });
    }
  }

  const owners = async (store: LocalStore) => {
    const { routes } = await readRoutes({ store: store.arn, client: store.client, router: "678a" });
    return [...new Set(routes.map(({ owner }) => owner))].toSorted();
  };

  test.each([
    ["the quick start's configuration", quickStart],
    ["a host for each stage", shared],
    ["a configuration that another job cannot run", `throw new Error("not here");`],
  ])("plans, deploys, and removes a closed preview, with %s", async (_, config) => {
    const store = await freshStore();
    const at = shell(store, config === quickStart || config === shared ? config : quickStart);
    for (const file of shipped) {
      runJob(file, "plan", store, at);
      expect(readFileSync(join(at.cwd, "plan.md"), "utf8")).toMatch(
        /^<!-- routesync plan -->\n### Routes of/u,
      );
      expect(readFileSync(join(at.cwd, "gh.log"), "utf8")).toContain("body=@plan.md");
      expect(await owners(store)).toEqual([]);
      runJob(file, "sync", store, at);
      await declare(store, { "pr-7.example.com/": "https://pr-7.example.com" }, { owner: "shop/pr-7" });
      expect(await owners(store)).toEqual(["shop/pr-7", "shop/production"]);
      writeFileSync(join(at.cwd, "routes.config.ts"), config);
      runJob(file, "preview-closed", store, at);
      expect(await owners(store)).toEqual(["shop/production"]);
    }
  });
});

posix("two stages in one store", () => {
  test("conflict with the quick start's configuration, and fit with a host for each", async () => {
    const store = await freshStore();
    const same = shell(store, quickStart);
    expect(same.say("npx routesync sync --stage production").status).toBe(0);
    const second = same.say('npx routesync sync --stage "pr-$PR"');
    expect(second).toMatchObject({ status: 4, stderr: expect.stringContaining("ROUTE_CONFLICT") });
    const each = shell(store, shared);
    expect(each.say('npx routesync sync --stage "pr-$PR"')).toMatchObject({ status: 0 });
    expect(each.say("npx routesync sync --stage production")).toMatchObject({ status: 0 });
  });
});

posix("every example of", () => {
  const shown = commands.filter(({ name }) => name !== "local");
  const most = Math.max(...shown.map(({ examples }) => examples.length));
  const each = effort("examples of each command, at most", 1, most);

  test.each(shown.map((command) => ({ name: command.name, examples: command.examples })))(
    "$name is taken with the quick start's configuration",
    async ({ examples }) => {
      for (const { line } of examples.slice(0, each)) {
        const store = await freshStore();
        const at = shell(store, quickStart);
        await declare(store, DECLARED, { owner: "shop/production", history: 3 });
        const filledIn = line.replaceAll("<arn>", store.arn);
        const edge = await freshEdge({ store, function: edgeFunction({ router: "678a", probe: true }) });
        const { status, stderr } = await at.sayBeside(`set -o pipefail; ${filledIn}`, { SITE_URL: edge.url });
        // 3 says that something is pending, NO_HISTORY that there is no change 41; 2 would be a wrong command line.
        const fine =
          status === 0 || (status === 3 && line.includes("--exit-code")) || stderr.includes("NO_HISTORY");
        expect({ line, status, fine, stderr: fine ? "" : stderr }).toEqual({
          line,
          status,
          fine: true,
          stderr: "",
        });
      }
    },
    // A release waits for requests under way.
    300_000,
  );
});

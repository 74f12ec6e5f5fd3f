/** Runs the command as users do: with pipes, or in a real pseudo-terminal. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { spawn as spawnTerminal } from "@lydell/node-pty";
import { afterAll } from "@jest/globals";
import Ajv from "ajv";

import { root } from "./run";
import type { Place } from "./store";

export const main = join(root, "dist", "cli", "main.js");

const folders: string[] = [];
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

/** Creates a folder with these files, which is removed after the tests. */
export function folder(files: Record<string, unknown> = {}): string {
  const made = mkdtempSync(join(tmpdir(), "routesync-cli-"));
  folders.push(made);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(made, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return made;
}

/** An environment without the machine's settings, and with credentials that the embedded store accepts. */
export function environment(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: tmpdir(),
    AWS_ACCESS_KEY_ID: "AKIAROUTESYNCTESTING",
    AWS_SECRET_ACCESS_KEY: "routesync-testing",
    AWS_EC2_METADATA_DISABLED: "true",
    ...more,
  };
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface How {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
}

export const ROUTES = {
  "/api": "https://api.example",
  "/docs": { bucket: "docs.s3.us-east-1.amazonaws.com" },
};

/** Creates a folder with a configuration that declares `routes` in `store`. */
export function project(store: Place, routes: object = ROUTES, more: object = {}): How & { cwd: string } {
  const { arn, client } = store;
  const config = { store: arn, client: { endpoint: client.endpoint }, router: "678a", owner: "shop/test" };
  return { cwd: folder({ "routes.config.json": { ...config, routes, ...more } }) };
}

/** Checks a document against docs/cli.schema.json. */
export const fits = new Ajv().compile(
  JSON.parse(readFileSync(join(root, "docs", "cli.schema.json"), "utf8")) as object,
);

/** Runs the command with pipes. */
export function cli(args: string[], { cwd = root, env = {}, stdin }: How = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: environment(env) });
    const ran = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
    child.on("error", reject).on("close", (code) => resolve({ code, ...ran }));
    child.stdin.end(stdin);
  });
}

/** The one document of `--json`. */
export async function json<T = unknown>(
  args: string[],
  how: How = {},
): Promise<{ code: number | null; ok: boolean; version: number; result: T; error: Record<string, unknown> }> {
  const { code, stdout } = await cli([...args, "--json"], how);
  return { code, ...(JSON.parse(stdout) as object) } as Awaited<ReturnType<typeof json<T>>>;
}

/** The command at a terminal. */
export class Terminal {
  /** The whole output, with control characters. */
  raw = "";
  private readonly pty;
  readonly exit: Promise<number>;

  constructor(args: string[], { cwd = root, env = {} }: How = {}) {
    const variables = environment({ TERM: "xterm-256color", ...env });
    this.pty = spawnTerminal(process.execPath, [main, ...args], { cwd, env: variables, cols: 120, rows: 40 });
    this.pty.onData((data) => (this.raw += data));
    // As a shell reports it: a process that a signal ended has 128 and the signal's number. A Ctrl-C may arrive while Node exits.
    this.exit = new Promise((resolve) =>
      this.pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode)),
    );
  }

  /** The output without colours and cursor movements. */
  get text(): string {
    return stripVTControlCharacters(this.raw).replaceAll("\r", "\n");
  }

  /** The output without progress lines that were overwritten. */
  get screen(): string {
    const [first = "", ...drawn] = this.raw.split("\r\u001B[2K");
    const stayed = drawn.filter((part, at) => part.includes("\n") || at === drawn.length - 1);
    return stripVTControlCharacters([first, ...stayed].join("\n")).replaceAll("\r", "\n");
  }

  /** Waits until `wanted` has been written. */
  async shows(wanted: string | RegExp, withinMs = 20_000): Promise<void> {
    const seen = () => (typeof wanted === "string" ? this.text.includes(wanted) : wanted.test(this.text));
    const until = Date.now() + withinMs;
    while (!seen()) {
      if (Date.now() > until) throw new Error(`${String(wanted)} did not come; what did:\n${this.text}`);
      await new Promise((wait) => setTimeout(wait, 10));
    }
  }

  press(keys: string): void {
    this.pty.write(keys);
  }

  kill(): void {
    this.pty.kill("SIGKILL");
  }
}

export const CTRL_C = "\u0003";

/** `text` without the parts that differ between runs. */
export const steady = (text: string): string =>
  text
    .replaceAll(/\d+ ms/gu, "N ms")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gu, "DATE TIME")
    .replaceAll(/127\.0\.0\.1:\d+/gu, "127.0.0.1:PORT")
    .replaceAll(/key-value-store\/[\w-]+/gu, "key-value-store/ID")
    .replaceAll(/\/\S*routesync-cli-\w+/gu, "FOLDER");

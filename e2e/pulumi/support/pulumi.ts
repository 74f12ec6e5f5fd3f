/** A Pulumi project in a separate folder, driven by the real command. */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import type { Place } from "../../../__test__/support/store";

/** The folders of the repository, the compiled programs and the engine, from scripts/e2e-pulumi.mjs. */
export const root = process.env["ROUTESYNC_ROOT"] ?? "";
/** The package and Pulumi's SDK, installed side by side. */
export const installed = join(root, "e2e", "pulumi", "node_modules");
const { ROUTESYNC_PROGRAMS: programs = "", ROUTESYNC_ENGINE: engine = "" } = process.env;

export interface Run {
  code: number | null;
  /** Its output. */
  text: string;
}

/** The time limit in milliseconds for a command. It is far longer than any command takes, even on a busy machine. */
const HANGS_MS = 10 * 60_000;

const folders: string[] = [];

/** Removes the projects' folders. */
export function cleanUp(): void {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
}

export function newFolder(name: string): string {
  const made = mkdtempSync(join(tmpdir(), `routesync-${name}-`));
  folders.push(made);
  return made;
}

/** The folder for the states of all projects, so that two of them can be stacks of one project. */
export interface Backend {
  states: string;
  home: string;
}

export function backend(): Backend {
  const made = newFolder("backend");
  const [states, home] = [join(made, "states"), join(made, "home")];
  mkdirSync(states);
  mkdirSync(home);
  return { states, home };
}

export class Project {
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    /** The name of a program in e2e/pulumi/programs. It is left out if the folder has its own program. */
    program: string | undefined,
    place: Place,
    private readonly stack = "dev",
    private readonly at = backend(),
    readonly folder = newFolder("project"),
  ) {
    const modules = join(folder, "node_modules");
    const sdk = join("@pulumi", "pulumi");
    mkdirSync(join(modules, "@pulumi"), { recursive: true });
    symlinkSync(join(installed, sdk), join(modules, sdk), "junction");
    if (program) {
      symlinkSync(join(installed, "routesync"), join(modules, "routesync"), "junction");
      writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "shop", main: "index.js" }));
      this.program(program);
    }
    // Leave out the user's environment variables for AWS and Pulumi.
    const { PATH, TMPDIR, SystemRoot } = process.env;
    const { accessKeyId, secretAccessKey } = place.client.credentials ?? {};
    this.env = {
      PATH: engine + delimiter + PATH,
      TMPDIR,
      SystemRoot,
      HOME: at.home,
      PULUMI_HOME: at.home,
      PULUMI_BACKEND_URL: `file://${at.states}`,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  /** Changes the program. */
  program(name: string): void {
    cpSync(join(programs, `${name}.js`), join(this.folder, "index.js"));
  }

  /** Writes the program's input, which has its declarations. */
  declare(input: unknown): this {
    writeFileSync(join(this.folder, "input.json"), JSON.stringify(input));
    return this;
  }

  async init(): Promise<this> {
    await this.must("stack", "init", this.stack);
    return this;
  }

  up = (...more: string[]) => this.must("up", "--yes", "--skip-preview", ...more);
  preview = (...more: string[]) => this.must("preview", ...more);
  refresh = (...more: string[]) => this.must("refresh", "--yes", "--skip-preview", ...more);
  destroy = (...more: string[]) => this.must("destroy", "--yes", "--skip-preview", ...more);

  /** Returns the state as text. */
  async state(): Promise<string> {
    const file = join(this.at.states, ".pulumi", "stacks", "shop", `${this.stack}.json`);
    return readFileSync(file, "utf8");
  }

  /** Changes the state, as a move to another machine or an accident would. */
  alter(change: (text: string) => string): void {
    const file = join(this.at.states, ".pulumi", "stacks", "shop", `${this.stack}.json`);
    writeFileSync(file, change(readFileSync(file, "utf8")));
    rmSync(`${file}.attrs`, { force: true });
  }

  /** Runs a command. Throws an error with its output if it fails. */
  async must(...args: string[]): Promise<string> {
    const { code, text } = await this.run(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  async run(...args: string[]): Promise<Run> {
    return this.start(...args).ended;
  }

  /** The processes that a command started, directly and indirectly. */
  async tree(child: ChildProcess): Promise<number[]> {
    const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
    const rows = stdout
      .trim()
      .split("\n")
      .map((row) => row.trim().split(/\s+/u).map(Number) as [number, number]);
    const found = [child.pid as number];
    for (const above of found) found.push(...rows.flatMap(([pid, ppid]) => (ppid === above ? [pid] : [])));
    return found;
  }

  /** Starts a command. */
  start(...args: string[]): { child: ChildProcess; ended: Promise<Run> } {
    const all = ["--non-interactive", "--color", "never", ...args];
    if (args[0] !== "stack" && args[0] !== "cancel") all.push("--stack", this.stack);
    const child = spawn("pulumi", all, {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: HANGS_MS,
      killSignal: "SIGKILL",
    });
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    child.stderr.on("data", (data) => (text += data));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, text }));
    return { child, ended };
  }
}

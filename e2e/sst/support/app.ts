/** An SST project in a folder of its own, driven by the real command. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { StoreStats } from "../../../lib/testing";
import { table } from "../../../__test__/support/table";
import { Cloud } from "./cloud";
import { Home } from "./home";
import type { State } from "./home";
import { e2e, newFolder, platform, sstCommand } from "./places";
import { Command } from "./processes";
import type { Ended } from "./processes";
import { flawsIn, routersIn } from "./watch";

export interface AppOptions {
  /** The body of `run()` in sst.config.ts. */
  run: string;
  /** A line before it, in this program and in all that replace it. @defaultValue none */
  first?: string;
  /** The app's name. @defaultValue `"shop"` */
  name?: string;
  /** @defaultValue `"dev"` */
  stage?: string;
  /** Further files of the project, by path. */
  files?: Record<string, string>;
  /** Whether routesync is installed in the project. @defaultValue `false` */
  routesync?: boolean;
  /** The latency of the KeyValueStores. @defaultValue `0` */
  latencyMs?: number;
  /** Further environment of each command. */
  env?: Record<string, string>;
  /** Whether each write must leave each table readable, and each route with metadata: see {@link App.judge}. @defaultValue `false` */
  whole?: boolean;
  /** Shares that app's account, and its user. @defaultValue an account and a user of its own */
  beside?: App;
}

/** Requests to the KeyValueStores. */
export interface Requests {
  byOperation: StoreStats["requests"];
  total: number;
  /** Writes refused for a stale ETag. */
  refused: number;
  /** Writes that changed a store. */
  writes: number;
  maxInFlight: number;
}

export interface Run extends Ended {
  requests: Requests;
}

export interface RunOptions {
  args?: string[];
  env?: Record<string, string>;
}

const config = (name: string, run: string): string => `/// <reference path="./.sst/platform/config.d.ts" />
export default $config({
  app() {
    return { name: ${JSON.stringify(name)}, home: "local", removal: "remove", providers: { aws: "7.20.0" } };
  },
  async run() {
${run}
  },
});
`;

/** What SST prints before a failure. */
const CROSS = "✕";

/**
 * SST's command looks for a free port, and listens there a moment later. When two commands find the same one, the second one
 * interrupts itself and ends with 0. So only one command starts at a time.
 */
let turn: Promise<void> = Promise.resolve();

/** Waits until the command that writes this log listens, or has ended. */
async function listens(log: string, ended: Promise<unknown>): Promise<void> {
  const over = ended.then(() => true);
  const ready = () => existsSync(log) && readFileSync(log, "utf8").includes("server ready");
  while (!ready() && !(await Promise.race([over, sleep(10, false)])));
}

export async function startApp(options: AppOptions): Promise<App> {
  const { beside, latencyMs } = options;
  const cloud = beside?.cloud ?? (await Cloud.start(latencyMs));
  return new App(options, cloud, beside?.home ?? new Home(cloud.answers));
}

export class App {
  readonly name: string;
  readonly stage: string;
  readonly folder = newFolder("app");
  /** The line before each program; one that is changed here holds from the next program on. */
  first: string;
  private readonly env: Record<string, string>;
  private readonly owns: boolean;
  private readonly whole: boolean;

  constructor(
    options: AppOptions,
    readonly cloud: Cloud,
    readonly home: Home,
  ) {
    const {
      name = "shop",
      stage = "dev",
      run,
      first = "",
      files = {},
      routesync = false,
      whole = false,
      beside,
    } = options;
    this.name = name;
    this.stage = stage;
    this.first = first;
    this.whole = whole;
    this.owns = beside === undefined;
    const { PATH = "", TMPDIR = "" } = process.env;
    this.env = {
      PATH,
      ...(TMPDIR && { TMPDIR }),
      ...home.env,
      ...cloud.env,
      SST_STAGE: stage,
      SST_TELEMETRY_DISABLED: "1",
      // Pulumi's engine is there, and bun is not needed.
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_NO_BUN: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      NO_COLOR: "1",
      ...options.env,
    };
    this.write({ "package.json": JSON.stringify({ name, private: true }), ...files });
    this.program(run);
    mkdirSync(join(this.folder, "node_modules"));
    if (routesync) this.install();
    this.linkPlatform();
  }

  /** Another program from now on. */
  program(run: string): this {
    return this.write({ "sst.config.ts": config(this.name, `${this.first}\n${run}`) });
  }

  /** Files of the project. */
  write(files: Record<string, string>): this {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this;
  }

  /** Installs routesync in the project, as `npm install routesync` does. */
  install(): void {
    for (const name of this.packages(join(e2e, "node_modules"))) {
      cpSync(join(e2e, "node_modules", name), join(this.folder, "node_modules", name), { recursive: true });
    }
  }

  /** Removes it, as `npm uninstall routesync` does. */
  uninstall(): void {
    const modules = join(this.folder, "node_modules");
    for (const name of this.packages(modules)) rmSync(join(modules, name), { recursive: true });
  }

  deploy = (options?: RunOptions): Promise<Run> => this.must("deploy", options);
  /** `sst diff`, which previews. */
  diff = (options?: RunOptions): Promise<Run> => this.must("diff", options);
  refresh = (options?: RunOptions): Promise<Run> => this.must("refresh", options);
  remove = (options?: RunOptions): Promise<Run> => this.must("remove", options);
  /** After a kill: gives up the lock that the command held. */
  unlock = (): Promise<Run> => this.must("unlock");

  /** Runs a command, and throws what it printed and logged when it fails. */
  async must(command: string, options?: RunOptions): Promise<Run> {
    const ended = await this.run(command, options);
    // An interrupted command ends with 0, too.
    if (ended.code === 0 && !ended.text.includes(CROSS)) return ended;
    throw new Error(`sst ${command} ended with ${ended.code}:\n${ended.text}\n${this.logs()}`);
  }

  async run(command: string, options?: RunOptions): Promise<Run> {
    this.resetRequests();
    const ended = await (await this.start(command, options)).ended;
    return { ...ended, requests: this.requests() };
  }

  /** Starts a command, as soon as no other one is about to choose its port. */
  start(command: string, { args = [], env = {} }: RunOptions = {}): Promise<Command> {
    const log = join(this.folder, ".sst", "log", "sst.log");
    const started = turn.then(() => {
      rmSync(log, { force: true });
      return new Command(sstCommand, [command, ...args], this.folder, { ...this.env, ...env });
    });
    turn = started.then(({ ended }) => listens(log, ended));
    return started;
  }

  /** Kills a deploy, and all that it started, as soon as `when` holds. Throws when the deploy ends before. */
  async deployAndKill(when: () => boolean, options?: RunOptions): Promise<Run> {
    this.resetRequests();
    const command = await this.start("deploy", options);
    let ended: Ended | undefined;
    void command.ended.then((its) => (ended = its));
    while (!when()) {
      if (ended) throw new Error(`the deploy ended with ${ended.code} before it was killed:\n${ended.text}`);
      await sleep(5);
    }
    await command.kill();
    return { ...(await command.ended), requests: this.requests() };
  }

  /** The only KeyValueStore that the app made. */
  storeArn(): string {
    const stores = this.state().resources.filter(
      ({ type }) => type === "aws:cloudfront/keyValueStore:KeyValueStore",
    );
    const [arn, ...more] = stores.map(({ outputs }) => String(outputs?.["arn"]));
    if (arn === undefined || more.length > 0) throw new Error(`there is not one store, but ${stores.length}`);
    return arn;
  }

  /**
   * Keys and values of the only KeyValueStore that the app made, or of another one. Without the spaces at the end of a table's root, of
   * which routesync writes up to 63.
   */
  entries(store = this.storeArn()): Record<string, string> {
    const entries = Object.entries(this.cloud.store.entries(store));
    const shown = ([key, value]: [string, string]) => [
      key,
      key.endsWith(":routes") ? value.trimEnd() : value,
    ];
    return Object.fromEntries(entries.map(shown)) as Record<string, string>;
  }

  /** The only router with a table. */
  router(store?: string): string {
    const [router, ...more] = routersIn(this.entries(store));
    if (router === undefined || more.length > 0)
      throw new Error(`there is not one table, but: ${[router, ...more]}`);
    return router;
  }

  /** The entries of a router's table, in order; empty when there is no table. */
  table(router?: string, store?: string): string[] {
    const entries = this.entries(store);
    return table(entries, router ?? routersIn(entries)[0]);
  }

  /** Throws when the edge function would throw, or a route lead nowhere. */
  mustBeWhole(store?: string): void {
    const flaws = flawsIn(this.entries(store));
    if (flaws.length > 0) throw new Error(flaws.map(({ of, what }) => `${of}: ${what}`).join("\n"));
  }

  /** Judges each write since the last time, by anyone in the account; {@link App.close} does so, too. */
  judge(): void {
    if (this.whole) this.cloud.watch.mustBeWhole();
    else this.cloud.watch.flaws();
  }

  resetRequests(): void {
    this.cloud.store.resetStats();
  }

  /** Since the last reset; each command resets. */
  requests(): Requests {
    const { requests, total, conflicts, writesAccepted, maxInFlight } = this.cloud.store.stats();
    return { byOperation: requests, total, refused: conflicts, writes: writesAccepted, maxInFlight };
  }

  /** The stage's state. */
  state(): State {
    const state = this.home.state(this.name, this.stage);
    if (!state) throw new Error(`${this.name}/${this.stage} has no state`);
    return state;
  }

  /** The outputs of the resource with this name. */
  resource(name: string): Record<string, unknown> {
    const found = this.state().resources.filter(({ urn }) => urn.split("::").slice(3).join("::") === name);
    if (found.length !== 1) throw new Error(`${found.length} resources are called ${name}`);
    return found[0]?.outputs ?? {};
  }

  /** What `run()` returned. */
  outputs(): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.folder, ".sst", "outputs.json"), "utf8")) as Record<
      string,
      unknown
    >;
  }

  /** What SST and Pulumi logged of the last command. */
  logs(): string {
    const folder = join(this.folder, ".sst", "log");
    const text = (name: string) => `--- ${name}\n${readFileSync(join(folder, name), "utf8")}`;
    return readdirSync(folder).map(text).join("\n");
  }

  /** Ends what the app started. Throws when it asked for something in vain, and as {@link App.judge} does. */
  async close(): Promise<void> {
    if (!this.owns) return;
    const unanswered = this.cloud.unanswered();
    try {
      this.judge();
    } finally {
      await this.cloud.close();
    }
    if (unanswered.length > 0) throw new Error(`nothing answered ${unanswered.join(", ")}`);
  }

  [Symbol.asyncDispose] = (): Promise<void> => this.close();

  private packages(modules: string): string[] {
    return readdirSync(modules).filter((name) => name === "routesync" || name.startsWith("routesync-"));
  }

  /** SST writes into this folder beside what it installed there, which is the same for all apps. */
  private linkPlatform(): void {
    const to = join(this.folder, ".sst");
    mkdirSync(join(to, "platform"), { recursive: true });
    cpSync(join(platform, "provider-lock.json"), join(to, "provider-lock.json"));
    for (const entry of readdirSync(join(platform, "platform"), { withFileTypes: true })) {
      const [source, target] = [join(platform, "platform", entry.name), join(to, "platform", entry.name)];
      if (entry.isDirectory()) symlinkSync(source, target, "junction");
      else cpSync(source, target);
    }
  }
}

/** SST's folder of a user: the engine, the plugins, and the states of apps with `home: "local"`. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { e2e, engine, newFolder, platform } from "./places";

/** Of Pulumi's plugins, those for which there are stand-ins, at the versions of the platform's package.json. */
const PLUGINS = ["aws", "command", "random"];

export interface Resource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** A stage's state, as Pulumi keeps it. */
export interface State {
  resources: Resource[];
  /** The file itself. */
  text: string;
}

export class Home {
  readonly folder = newFolder("home");
  private readonly sst = join(this.folder, "config", "sst");

  constructor(answers: string) {
    const bin = join(this.sst, "bin");
    mkdirSync(bin, { recursive: true });
    for (const name of readdirSync(engine)) symlinkSync(join(engine, name), join(bin, name));
    const { dependencies } = JSON.parse(readFileSync(join(platform, "platform", "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    for (const name of PLUGINS) this.plugin(name, dependencies[`@pulumi/${name}`] ?? "", answers);
  }

  get env(): Record<string, string> {
    return { HOME: this.folder, XDG_CONFIG_HOME: join(this.folder, "config") };
  }

  /** The state of an app's stage; nothing before its first deploy. */
  state(app: string, stage: string): State | undefined {
    let text: string;
    try {
      text = readFileSync(this.stateFile(app, stage), "utf8");
    } catch {
      return undefined;
    }
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest?: { resources?: Resource[] } } };
    return { resources: checkpoint.latest?.resources ?? [], text };
  }

  /** Alters the state, as an accident or a move to another machine would. */
  alter(app: string, stage: string, change: (text: string) => string): void {
    const file = this.stateFile(app, stage);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }

  private stateFile(app: string, stage: string): string {
    return join(this.sst, "state", "app", app, `${stage}.json`);
  }

  private plugin(name: string, version: string, answers: string): void {
    const folder = join(this.sst, "plugins", `resource-${name}-v${version}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `pulumi-resource-${name}`);
    const main = join(e2e, "plugin", "main.mjs");
    const modules = join(platform, "platform", "package.json");
    const command = [
      process.execPath,
      main,
      "--version",
      version,
      "--modules",
      modules,
      "--answers",
      answers,
    ];
    const quoted = command.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(" ");
    writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`);
    chmodSync(file, 0o755);
  }
}

/**
 * What a command is: data that help, completions and docs/cli.md are made of, and a function that runs it. A command is
 * one file in `commands/`, in the list of `commands/index.ts`; it loads what it needs when it runs, so that the
 * others cost nothing.
 */
import type { Output } from "./output";

/** An option: `--name`, `--name <value>` or `--name [value]`. */
export interface Flag {
  /** As commander reads it, such as `--max-removed <n|n%>`. */
  flags: string;
  /** What it does, in a line. */
  text: string;
  /** The values that it takes, where they are few. */
  choices?: string[];
  /** The environment variable that stands in for it. */
  env?: string;
  /** Makes a value of the text that was given; what it throws is a usage error. */
  parse?: (text: string) => unknown;
  /** May be given several times. */
  many?: boolean;
  /** What stands in when it is not given, in words. */
  fallback?: string;
}

/** A word after the command's name. */
export interface Argument {
  name: string;
  text: string;
  choices?: string[];
  optional?: boolean;
}

export interface Example {
  text: string;
  line: string;
}

export interface Command {
  name: string;
  /** What it does, in a line. */
  summary: string;
  /** More of it, in whole sentences. */
  details: string;
  args?: Argument[];
  flags: Flag[];
  examples: Example[];
  /** What `result` is under `--json`, in a line. */
  result: string;
  run(run: Run): Promise<Outcome>;
}

/** The values that were given, by the long name of their option in camel case. */
export type Given = Record<string, unknown>;

/** A command that is being run. */
export interface Run {
  command: string;
  /** All commands. */
  commands: readonly Command[];
  args: string[];
  given: Given;
  out: Output;
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** What a command came to. */
export interface Outcome {
  /** The result as data, for `--json`; left out where the command has told it already. */
  result?: unknown;
  /** The result as text, for people; may be empty. */
  text: string;
  /** The code to exit with. @defaultValue `0` */
  exit?: number;
}

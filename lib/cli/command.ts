/**
 * The types of a command: data from which help, completions and docs/cli.md are made, and a function that runs the command. Each
 * command is one file in `commands/`, listed in `commands/index.ts`. A command loads its modules when it runs, so that the other
 * commands do not load them.
 */
import type { Output } from "./output";

/** An option: `--name`, `--name <value>` or `--name [value]`. */
export interface Flag {
  /** In commander's syntax, such as `--max-removed <n|n%>`. */
  flags: string;
  /** A description of one line. */
  text: string;
  /** The allowed values, if they can be listed. */
  choices?: string[];
  /** The environment variable that is used if the option is not given. */
  env?: string;
  /** Converts the given text to a value. An exception becomes a usage error. */
  parse?: (text: string) => unknown;
  /** Whether the option may be given several times. */
  many?: boolean;
  /** A description of the default. */
  fallback?: string;
}

/** A positional argument. */
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
  /** A description of one line. */
  summary: string;
  /** A longer description, in whole sentences. */
  details: string;
  args?: Argument[];
  flags: Flag[];
  examples: Example[];
  /** A description of `result` under `--json`, in one line. */
  result: string;
  run(run: Run): Promise<Outcome>;
}

/** The values of the given options, by the option's long name in camel case. */
export type Given = Record<string, unknown>;

/** One run of a command. */
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

export interface Outcome {
  /** The result as data, for `--json`. It is left out if the command has already printed it. */
  result?: unknown;
  /** The result as text. It may be empty. */
  text: string;
  /** The exit code. @defaultValue `0` */
  exit?: number;
}

/**
 * Writes the result, and nothing else, to stdout, and notes, questions and progress to stderr. Under `--json`, the result or the
 * error is one document in a versioned form.
 */
import { createColors } from "picocolors";

import type { Failure } from "./exit";

type Colors = ReturnType<typeof createColors>;

/** The version of the `--json` form. It increases when a field changes its meaning or is removed. */
export const JSON_VERSION = 1;

/**
 * Redirects the program's output to stdout to stderr. A configuration is a program, and its output is not the result, even if it
 * prints later. An {@link Output} that already exists still writes to stdout.
 */
export function redirectStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  // The console of Bun and Deno does not write through the stream.
  for (const name of ["log", "info", "debug"] as const) console[name] = console.error.bind(console);
}

export interface OutputOptions {
  json: boolean;
  env: NodeJS.ProcessEnv;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export class Output {
  /** The colours for stdout. */
  readonly colors: Colors;
  /** The colours for stderr. */
  readonly noteColors: Colors;
  readonly json: boolean;
  /** Whether stderr is a terminal on which progress can be redrawn. */
  readonly live: boolean;
  /** Whether this is a job of GitHub Actions. */
  readonly actions: boolean;
  /** Replaces options and functions in a message of the library with the running command's flags and commands. */
  inFlags = (message: string): string => message;
  private line = "";
  private readonly print: (text: string) => void;

  constructor(private readonly options: OutputOptions) {
    const { env, stdout, stderr } = options;
    const write = stdout.write.bind(stdout);
    this.print = (text) => write(text);
    this.json = options.json;
    this.colors = createColors(coloured(stdout, env));
    this.noteColors = createColors(coloured(stderr, env));
    this.live = stderr.isTTY === true && env["TERM"] !== "dumb" && !env["CI"];
    this.actions = env["GITHUB_ACTIONS"] === "true";
  }

  result(text: string): void {
    if (text !== "") this.print(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Prints the one document of `--json`. */
  document(command: string, outcome: { result: unknown } | { error: Failure }): void {
    const document = { version: JSON_VERSION, command, ok: "result" in outcome, ...outcome };
    this.print(`${JSON.stringify(document, null, 2)}\n`);
  }

  note(text: string): void {
    this.still();
    this.options.stderr.write(`${text}\n`);
  }

  warning(code: string, message: string): void {
    const text = this.inFlags(message);
    if (this.actions) this.annotate("warning", code, text);
    else this.note(`${this.noteColors.yellow("warning")} ${code}: ${text}`);
  }

  error({ code, message }: Pick<Failure, "code" | "message">): void {
    if (this.actions) this.annotate("error", code, message);
    else this.note(`${this.noteColors.red("error")} ${code}: ${message}`);
  }

  /** Writes a line that replaces the previous one. Available spinner libraries are not used, since they end the process at the first Ctrl-C. */
  redraw(text: string): void {
    const width = (this.options.stderr.columns || 80) - 1;
    this.line = text.slice(0, width);
    this.options.stderr.write(`\r\u001B[2K${this.line}`);
  }

  /** Clears the redrawn line. */
  still(): void {
    if (this.line !== "") this.options.stderr.write("\r\u001B[2K");
    this.line = "";
  }

  /** Writes an annotation to stderr. The runner of GitHub Actions reads commands from stderr as from stdout. */
  private annotate(kind: "error" | "warning", code: string, message: string): void {
    const escaped = message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
    this.note(`::${kind} title=routesync ${code}::${escaped}`);
  }
}

/** Whether output to `stream` is coloured. `CI` is ignored, since it would add colours to files. */
function coloured(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/**
 * What goes where: the result, and nothing else, to stdout; notes, questions and progress to stderr. Under `--json` the
 * result, or the error, is one document in a form that has a version.
 */
import { createColors } from "picocolors";

import type { Failure } from "./exit";

type Colors = ReturnType<typeof createColors>;

/** The form of `--json`. Raised when a field changes its meaning or goes. */
export const JSON_VERSION = 1;

/**
 * From now on, what the program prints to stdout goes to stderr. A configuration is a program, and what it prints, also later, is
 * not the result. Every {@link Output} keeps the stream as it was.
 */
export function redirectStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  // Bun and Deno have a console that does not go through the stream.
  for (const name of ["log", "info", "debug"] as const) console[name] = console.error.bind(console);
}

export interface OutputOptions {
  json: boolean;
  env: NodeJS.ProcessEnv;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

export class Output {
  /** Colours of what goes to stdout, and to stderr. */
  readonly colors: Colors;
  readonly noteColors: Colors;
  readonly json: boolean;
  /** Whether somebody watches stderr: progress may be redrawn. */
  readonly live: boolean;
  /** Whether this is a job of GitHub Actions. */
  readonly actions: boolean;
  /** Puts a message of the library into the words of the command that runs. */
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

  /** The result, in text. */
  result(text: string): void {
    if (text !== "") this.print(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** The one document of `--json`. */
  document(command: string, told: { result: unknown } | { error: Failure }): void {
    const document = { version: JSON_VERSION, command, ok: "result" in told, ...told };
    this.print(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** A line beside the result. */
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

  /** A line that the next one takes the place of. The spinners that are to be had end the process at the first Ctrl-C. */
  redraw(text: string): void {
    const width = (this.options.stderr.columns || 80) - 1;
    this.line = text.slice(0, width);
    this.options.stderr.write(`\r\u001B[2K${this.line}`);
  }

  /** Clears the line that was redrawn. */
  still(): void {
    if (this.line !== "") this.options.stderr.write("\r\u001B[2K");
    this.line = "";
  }

  /** On stderr, which the runner reads for its commands as it reads stdout. */
  private annotate(kind: "error" | "warning", code: string, message: string): void {
    const escaped = message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
    this.note(`::${kind} title=routesync ${code}::${escaped}`);
  }
}

/** By the stream and by what the user says, but not by `CI`, which would put colours into files. */
function coloured(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Parses the command line with commander, runs the command, prints its outcome, and returns the exit code. */
import { Command as Parser, CommanderError, InvalidArgumentError, Option } from "commander";

import { commands } from "./commands";
import type { Argument, Command, Example, Flag, Given, Run } from "./command";
import { isRouteSyncError } from "../errors";
import { CliError, EXIT, EXIT_MEANING, exitCodeOf, failureOf } from "./exit";
import { inFlags, ofFlag } from "./in-flags";
import { interrupts } from "./interrupt";
import { Output } from "./output";

const { version } = require("../../package.json") as { version: string };

/** Runs the command in `argv`, and returns the exit code. */
export async function run(argv: string[]): Promise<number> {
  const { env, stdout, stderr } = process;
  const json = argv.includes("--json");
  const out = new Output({ json, env, stdout, stderr });
  // The reader has closed the pipe, as in `routesync ls | head`.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  let chosen: { command: Command; args: string[]; given: Given } | undefined;
  try {
    const parser = parserOf((command, args, given) => {
      chosen = { command, args, given };
    });
    await parser.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    const message = error.message.replace(/^error: /, "");
    const shown =
      error.code === "commander.help" ? "no command was given; routesync --help lists the commands" : message;
    return fail(out, argv[0] ?? "", new CliError("USAGE", shown));
  }
  return chosen ? settle(out, chosen) : EXIT.done;
}

async function settle(
  out: Output,
  { command, args, given }: { command: Command; args: string[]; given: Given },
): Promise<number> {
  const { signal, settled } = interrupts((text) => out.note(text));
  const { env } = process;
  out.inFlags = (message) => inFlags(message, command.name);
  try {
    const running: Run = {
      command: command.name,
      commands,
      args,
      given,
      out,
      signal,
      env,
      cwd: process.cwd(),
    };
    const { result, text, exit = EXIT.done } = await command.run(running);
    out.still();
    if (!out.json) out.result(text);
    else if (result !== undefined) out.document(command.name, { result });
    return exit;
  } catch (error) {
    out.still();
    return fail(out, command.name, error, given);
  } finally {
    settled();
  }
}

function fail(out: Output, command: string, error: unknown, given: Given = {}): number {
  const failure = failureOf(error);
  if (isRouteSyncError(error)) {
    failure.message = out.inFlags(ofFlag(failure.message, failure.details.path, given));
  }
  if (out.json) out.document(command, { error: failure });
  out.error(failure);
  return exitCodeOf(failure);
}

type Chosen = (command: Command, args: string[], given: Given) => void;

/** Commander's parser for the list of commands. */
export function parserOf(chosen: Chosen): Parser {
  const parser = new Parser("routesync")
    .description(
      "Deploys declared routes to a CloudFront KeyValueStore and keeps them in sync, safely under concurrent writers.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError()
    .addHelpText("after", `\nExit codes:\n${exitCodes()}\n\nroutesync <command> --help has examples.`);
  quiet(parser);
  for (const command of commands) {
    const sub = parser.command(command.name).summary(command.summary).description(command.details);
    quiet(sub);
    for (const argument of command.args ?? []) addArgument(sub, argument);
    for (const flag of command.flags) sub.addOption(option(flag));
    sub.addHelpText("after", examples(command.examples));
    sub.action((...all: unknown[]) => {
      const args = all.slice(0, command.args?.length ?? 0).filter((word) => word !== undefined) as string[];
      chosen(command, args, sub.opts());
    });
  }
  return parser;
}

/** Keeps commander from printing errors, so that they are printed in the form of all other errors. */
function quiet(parser: Parser): void {
  parser.exitOverride().configureOutput({ writeErr: () => undefined });
}

function addArgument(parser: Parser, { name, text, choices, optional }: Argument): void {
  const argument = parser.createArgument(optional ? `[${name}]` : `<${name}>`, text);
  if (choices) argument.choices(choices);
  parser.addArgument(argument.argParser((value: string) => chosenOf(choices, value)));
}

function option({ flags, text, choices, env, parse, many, fallback }: Flag): Option {
  const beside = [env && `env: ${env}`, fallback && `default: ${fallback}`].filter(Boolean).join("; ");
  const made = new Option(flags, beside ? `${text} (${beside})` : text);
  if (choices) made.choices(choices);
  if (flags.includes("<") || flags.includes("[")) {
    made.argParser((value: string, before: unknown) => {
      const chosen = chosenOf(choices, value);
      const one = parse ? read(parse, chosen) : chosen;
      return many ? [...(Array.isArray(before) ? (before as unknown[]) : []), one] : one;
    });
  }
  return made;
}

/** Checks an option's value. It is empty for `--stage "$STAGE"` if the variable is not set. */
function chosenOf(choices: string[] | undefined, value: string): string {
  if (value.trim() === "") throw new InvalidArgumentError("The value is empty: is a variable not set?");
  if (choices && !choices.includes(value)) {
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
  }
  return value;
}

function read(parse: (text: string) => unknown, value: string): unknown {
  try {
    return parse(value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function examples(list: Example[]): string {
  return `\nExamples:\n${list.map(({ text, line }) => `  # ${text}\n  ${line}`).join("\n")}`;
}

function exitCodes(): string {
  return Object.entries(EXIT_MEANING)
    .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning.replaceAll("`", "")}`)
    .join("\n");
}

/** Completion scripts, generated from the list of commands. */
import type { Command, Flag } from "./command";

/** The names of an option such as `--max-removed <n|n%>`, and whether it takes a value. */
export function parts({ flags }: Flag): { names: string[]; long: string; value: boolean } {
  const names = flags.split(/[ ,|]+/u).filter((word) => word.startsWith("-"));
  return { names, long: names.find((name) => name.startsWith("--")) ?? "", value: /[<[]/u.test(flags) };
}

const FILES = new Set(["--config", "--file"]);

export function completionsFor(shell: string, commands: readonly Command[]): string {
  if (shell === "bash") return bash(commands);
  return shell === "zsh" ? zsh(commands) : fish(commands);
}

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const words = commands.map(({ name, flags, args = [] }) => {
    const options = flags.flatMap((flag) => parts(flag).names);
    const values = args.flatMap(({ choices = [] }) => choices);
    return `    ${name}) words="${[...options, "--help", ...values].join(" ")}" ;;`;
  });
  const choices = new Map<string, string[]>();
  for (const flag of commands.flatMap(({ flags }) => flags)) {
    if (flag.choices) choices.set(parts(flag).long, flag.choices);
  }
  const valued = [...choices].map(
    ([long, values]) => `    ${long}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); return ;;`,
  );
  return `# routesync completions for bash
_routesync() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  case $before in
${valued.join("\n")}
    ${[...FILES].join("|")}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${names} help --help --version" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${words.join("\n")}
    help) words="${names}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o filenames -F _routesync routesync
`;
}

function zsh(commands: readonly Command[]): string {
  const quoted = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll("[", "\\[").replaceAll("]", "\\]").replaceAll(":", "\\:");
  const cases = commands.map(({ name, flags, args = [] }) => {
    const specs = flags.flatMap((flag) => {
      const { names, long, value } = parts(flag);
      const action = flag.choices ? `(${flag.choices.join(" ")})` : FILES.has(long) ? "_files" : "";
      return names.map(
        (one) => `'${flag.many ? "*" : ""}${one}[${quoted(flag.text)}]${value ? `:value:${action}` : ""}'`,
      );
    });
    const words = args.map(
      ({ name: word, choices }) => `':${word}:${choices ? `(${choices.join(" ")})` : ""}'`,
    );
    return `    ${name}) _arguments ${[...specs, "'--help[print the help]'", ...words].join(" ")} ;;`;
  });
  return `#compdef routesync
# routesync completions for zsh
_routesync() {
  local -a commands
  commands=(${commands.map(({ name, summary }) => `'${name}:${quoted(summary)}'`).join(" ")})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _routesync ]]; then _routesync "$@"; else compdef _routesync routesync; fi
`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = ["# routesync completions for fish", "complete -c routesync -f"];
  for (const { name, summary, flags, args = [] } of commands) {
    lines.push(`complete -c routesync -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    const when = `complete -c routesync -n '__fish_seen_subcommand_from ${name}'`;
    for (const flag of flags) {
      const { names, long, value } = parts(flag);
      const spelt = names.map((one) => (one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`));
      const values = flag.choices
        ? ` -x -a ${quoted(flag.choices.join(" "))}`
        : FILES.has(long)
          ? " -r -F"
          : value
            ? " -x"
            : "";
      lines.push(`${when} ${spelt.join(" ")}${values} -d ${quoted(flag.text)}`);
    }
    for (const { choices } of args) if (choices) lines.push(`${when} -a ${quoted(choices.join(" "))}`);
  }
  return `${lines.join("\n")}\n`;
}

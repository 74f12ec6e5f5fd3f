import type { Command } from "../command";
import { json } from "../flags";

export const completions: Command = {
  name: "completions",
  summary: "print a shell's completions",
  details: "Prints a script that completes commands, options and their values in a shell.",
  args: [{ name: "shell", text: "which shell", choices: ["bash", "zsh", "fish"] }],
  flags: [json],
  examples: [
    {
      text: "bash",
      line: "routesync completions bash > ~/.local/share/bash-completion/completions/routesync",
    },
    { text: "zsh, in a folder of $fpath", line: "routesync completions zsh > ~/.zfunc/_routesync" },
    { text: "fish", line: "routesync completions fish > ~/.config/fish/completions/routesync.fish" },
  ],
  result: "`shell` and `script`",
  async run({ args: [shell = ""], commands }) {
    const { completionsFor } = await import("../completions.js");
    const script = completionsFor(shell, commands);
    return { result: { shell, script }, text: script };
  },
};

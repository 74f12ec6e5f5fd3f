import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** The package's folder. */
export const root = join(__dirname, "..", "..");

/** Runs Node, and returns its output. Rejects with its error output if it fails. */
export async function node(args: string[], cwd = root, env = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
  return stdout.trim();
}

/** The Python environment of the benchmarks, with boto3 and matplotlib. It is created below node_modules, and again if its requirements change. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const home = fileURLToPath(new URL("../../node_modules/.routesync/bench-python", import.meta.url));
const requirements = fileURLToPath(new URL("../peers/requirements.txt", import.meta.url));

export function python() {
  const [folder, name] = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const command = join(home, folder, name);
  const stamp = join(home, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return command;

  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  run(process.platform === "win32" ? "python" : "python3", ["-m", "venv", home]);
  run(command, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  writeFileSync(stamp, wanted);
  return command;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

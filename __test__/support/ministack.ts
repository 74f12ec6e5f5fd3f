/**
 * ministack, an independent emulator of AWS. It implements the data plane from AWS's model, and verifies SigV4A signatures with
 * `AUTH=true`. It is installed from PyPI into a separate environment below node_modules.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { root } from "./run";
import type { Place } from "./store";

const PYTHON_MIN = [3, 10] as const;
const READY_WITHIN_MS = 30_000;

const requirements = join(__dirname, "requirements.txt");
const home = join(root, "node_modules", ".routesync", "python");
const python = join(home, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));

/** A program that ends with the test that started it, since its standard input closes then. */
const program = `
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()
`;

/** Installs ministack. Returns the reason if that is not possible, which is an error in CI. */
export function prepare(): string | undefined {
  const reason = install();
  if (reason && process.env["CI"]) throw new Error(`${reason}: CI must not skip the tests that need it`);
  if (reason) process.stderr.write(`routesync: ${reason}: the tests against ministack are skipped\n`);
  return reason;
}

function install(): string | undefined {
  const wanted = readFileSync(requirements, "utf8");
  const stamp = join(home, "requirements.txt");
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;

  const found = [process.env["ROUTESYNC_PYTHON"], "python3", "python"].find(
    (command) => command && suits(command),
  );
  if (!found) return `Python ${PYTHON_MIN.join(".")} or newer was not found`;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const steps = [
    [found, "-m", "venv", home],
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
  ] as const;
  for (const [command, ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) return `ministack could not be installed (${stderr.trim().split("\n").at(-1)})`;
  }
  writeFileSync(stamp, wanted);
  return undefined;
}

function suits(command: string): boolean {
  const script = `import sys; sys.exit(sys.version_info < (${PYTHON_MIN.join(", ")}))`;
  return spawnSync(command, ["-c", script]).status === 0;
}

export interface Ministack {
  endpoint: string;
  /** Creates a store, and returns its ARN. */
  createStore(name: string): Promise<string>;
  /** Creates an IAM user with all permissions for KeyValueStores, and returns its access key. */
  createUser(name: string): Promise<NonNullable<Place["client"]["credentials"]>>;
  close(): Promise<void>;
}

export async function startMinistack({ auth }: { auth: boolean }): Promise<Ministack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const { PATH, HOME, TMPDIR, SystemRoot } = process.env;
  const child = spawn(python, ["-c", program], {
    // Leave out the user's AWS environment variables.
    env: {
      PATH,
      HOME,
      TMPDIR,
      SystemRoot,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      IOT_MTLS_ENABLED: "0",
      AUTH: String(auth),
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-4_000)));
  const exited = once(child, "exit");
  const close = async () => {
    child.kill();
    await exited;
  };

  const until = Date.now() + READY_WITHIN_MS;
  while (!(await answers(endpoint))) {
    if (child.exitCode === null && Date.now() < until) {
      await sleep(50);
      continue;
    }
    await close();
    throw new Error(`ministack did not start: ${said}`);
  }

  const ask = async (service: string, path: string, body: string) => {
    const response = await fetch(endpoint + path, { method: "POST", headers: asRoot(service), body });
    const text = await response.text();
    if (!response.ok) throw new Error(`ministack answered ${response.status}: ${text}`);
    return (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1] ?? "";
  };
  const iam = (action: Record<string, string>) =>
    ask("iam", "/", new URLSearchParams({ Version: "2010-05-08", ...action }).toString());

  return {
    endpoint,
    close,
    async createStore(name) {
      const body = `<CreateKeyValueStoreRequest><Name>${name}</Name></CreateKeyValueStoreRequest>`;
      return (await ask("cloudfront", "/2020-05-31/key-value-store", body))("ARN");
    },
    async createUser(name) {
      const allowed = { Effect: "Allow", Action: "cloudfront-keyvaluestore:*", Resource: "*" };
      const policy = JSON.stringify({ Version: "2012-10-17", Statement: [allowed] });
      await iam({ Action: "CreateUser", UserName: name });
      await iam({ Action: "PutUserPolicy", UserName: name, PolicyName: "kvs", PolicyDocument: policy });
      const key = await iam({ Action: "CreateAccessKey", UserName: name });
      return { accessKeyId: key("AccessKeyId"), secretAccessKey: key("SecretAccessKey") };
    },
  };
}

/** The control plane as the account's root user, whose signature ministack does not check. */
function asRoot(service: string): Record<string, string> {
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `test/${at.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  return {
    "x-amz-date": at,
    "content-type": service === "iam" ? "application/x-www-form-urlencoded" : "application/xml",
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=00`,
  };
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/_ministack/health`);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/** A port below the range of client ports, since a connection of another process could take one of these in the meantime. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

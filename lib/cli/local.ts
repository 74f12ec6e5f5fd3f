/**
 * `--local`: the embedded store with its file under `.routesync/`. Only one process can use the file at a time. If `routesync
 * local` uses it, other commands send their requests to that server. If another command uses it, they wait for it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { ClientOptions } from "../types";
import type { LocalStore, LocalStoreOptions } from "../types/testing";
import { isRouteSyncError } from "../errors";
import { startLocalStore } from "../testing";
import { CliError } from "./exit";

/** The longest wait for a file that another command uses. */
const TURN_MS = 10_000;

export interface Local {
  arn: string;
  client: ClientOptions;
  close(): Promise<void>;
}

/** The file of `folder`'s store. Creates its folder, with a `.gitignore` that excludes it from git. */
export function localFile(folder: string): string {
  const home = join(folder, ".routesync");
  mkdirSync(home, { recursive: true });
  const ignore = join(home, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  return join(home, "store.json");
}

/** Starts a store on `options.file`. Returns `undefined` if another process uses the file. */
export async function tryStart(options: LocalStoreOptions): Promise<LocalStore | undefined> {
  try {
    return await startLocalStore(options);
  } catch (error) {
    if (isRouteSyncError(error) && error.message.includes("in use by another local store")) return undefined;
    throw error;
  }
}

/** Opens the store on `file`: starts it in this process, or connects to a running `routesync local`. */
export async function openLocal(
  file: string,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Local> {
  const until = Date.now() + TURN_MS;
  for (let noted = false; ; noted = true) {
    const own = await tryStart({ file });
    if (own) return { arn: own.arn, client: own.client, close: own.close };
    const running = announced(file);
    if (running && (await answers(running.client.endpoint)))
      return { ...running, close: async () => undefined };
    if (Date.now() > until) {
      const message = `${file} has been in use by another process for ${TURN_MS / 1_000} seconds: stop that process, or run \`routesync local\`, so that all commands use its store`;
      throw new CliError("IN_USE", message);
    }
    if (!noted) note(`${file} is in use by another process; waiting for it`);
    await sleep(50, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

interface Announced {
  arn: string;
  client: ClientOptions;
}

const beside = (file: string): string => join(dirname(file), "running.json");

/** Writes the address of the server on `file` where other processes find it. Returns a function that removes it. */
export function announce(file: string, { arn, client }: Announced): () => void {
  writeFileSync(beside(file), JSON.stringify({ arn, client }), { mode: 0o600 });
  return () => rmSync(beside(file), { force: true });
}

function announced(file: string): Announced | undefined {
  try {
    return JSON.parse(readFileSync(beside(file), "utf8")) as Announced;
  } catch {
    return undefined;
  }
}

/** Whether the endpoint answers. A killed server leaves its announcement behind. */
async function answers(endpoint: string | undefined): Promise<boolean> {
  if (endpoint === undefined) return false;
  return fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
}

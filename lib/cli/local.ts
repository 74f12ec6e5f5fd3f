/**
 * `--local`: the embedded store with its file under `.routesync/`. The file is one process's at a time. Where `routesync
 * local` holds it, commands go to that server; where another command does, they wait for their turn.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { ClientOptions } from "../types";
import type { LocalStore, LocalStoreOptions } from "../types/testing";
import { isRouteSyncError } from "../errors";
import { startLocalStore } from "../testing";
import { CliError } from "./exit";

/** How long another command may hold the file. */
const TURN_MS = 10_000;

export interface Local {
  arn: string;
  client: ClientOptions;
  close(): Promise<void>;
}

/** The file of `folder`'s store; its folder is made, and kept out of git. */
export function localFile(folder: string): string {
  const home = join(folder, ".routesync");
  mkdirSync(home, { recursive: true });
  const ignore = join(home, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  return join(home, "store.json");
}

/** Starts a store on `file`; `undefined` while another process holds it. */
export async function tryStart(options: LocalStoreOptions): Promise<LocalStore | undefined> {
  try {
    return await startLocalStore(options);
  } catch (error) {
    if (isRouteSyncError(error) && error.message.includes("in use by another local store")) return undefined;
    throw error;
  }
}

/** The store on `file`: an own one, or that of a `routesync local` which runs. */
export async function openLocal(
  file: string,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Local> {
  const until = Date.now() + TURN_MS;
  for (let told = false; ; told = true) {
    const own = await tryStart({ file });
    if (own) return { arn: own.arn, client: own.client, close: own.close };
    const running = announced(file);
    if (running && (await answers(running.client.endpoint)))
      return { ...running, close: async () => undefined };
    if (Date.now() > until) {
      const message = `${file} has been in use by another process for ${TURN_MS / 1_000} seconds: stop that one, or run \`routesync local\` and let all use its store`;
      throw new CliError("IN_USE", message);
    }
    if (!told) note(`${file} is in use by another process; waiting for it`);
    await sleep(50, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

interface Announced {
  arn: string;
  client: ClientOptions;
}

const beside = (file: string): string => join(dirname(file), "running.json");

/** Tells other processes where the store on `file` is served. */
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

/** Whether anything answers: what a killed server announced is still there. */
async function answers(endpoint: string | undefined): Promise<boolean> {
  if (endpoint === undefined) return false;
  return fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
}

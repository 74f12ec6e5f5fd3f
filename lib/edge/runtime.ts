/**
 * Runs the text of a function in this process, in a context of its own: with `cf`, `require("crypto")`, `Buffer` and `console`, as
 * CloudFront does. JavaScript's own objects are Node's, so code may work here that njs does not accept: {@link loadFunction} checks its
 * language first.
 */
import { createHash, createHmac } from "node:crypto";
import * as querystring from "node:querystring";
import { createContext, Script } from "node:vm";

import { RouteSyncError } from "../errors";
import { removeAbsent } from "./absent";
import { check } from "./language";

/** A value of a header, cookie or parameter. Further values are in `multiValue`. */
export interface Value {
  value: string;
  multiValue?: { value: string }[];
  attributes?: string;
}

/** The request of an event. Names of headers are in lower case. */
export interface EdgeRequest {
  method: string;
  uri: string;
  querystring: Record<string, Value>;
  headers: Record<string, Value>;
  cookies: Record<string, Value>;
}

/** The answer of a function. */
export interface EdgeResponse {
  statusCode: number;
  statusDescription?: string;
  headers?: Record<string, Value>;
  cookies?: Record<string, Value>;
  body?: string | { encoding: "text" | "base64"; data: string };
}

/** An event of the type `viewer-request`. */
export interface EdgeEvent {
  version: "1.0";
  context: {
    distributionDomainName: string;
    distributionId: string;
    eventType: "viewer-request";
    requestId: string;
  };
  viewer: { ip: string };
  request: EdgeRequest;
}

/** The origin that a function has set, in the form of `cf.updateRequestOrigin`. */
export interface EdgeOrigin {
  domainName: string;
  originAccessControlConfig?: Record<string, unknown> & { enabled: boolean };
  customOriginConfig?: { port: number; protocol: "http" | "https"; sslProtocols: string[] };
  connectionAttempts?: number;
  timeouts?: Record<string, number>;
}

/** What a function did with an event. */
export interface EdgeResult {
  /** The request that goes to the origin, or the answer. `undefined` if the function threw. */
  returned: EdgeRequest | EdgeResponse | undefined;
  /** The origin that it has set last, if any. */
  origin?: EdgeOrigin;
  /** The keys that it has read, in order, each with whether it exists. */
  reads: { key: string; found: boolean }[];
  /** What it has printed. */
  printed: string[];
  /** What it threw. */
  error?: string;
}

/** A function that is ready to run. */
export type EdgeRun = (event: EdgeEvent) => Promise<EdgeResult>;

/** Reads a key of the store. `undefined` if it does not exist; a rejection if the store cannot be read. */
export type ReadKey = (key: string) => string | undefined | Promise<string | undefined>;

/**
 * Loads a function. Like CloudFront, each call of it starts anew.
 *
 * @throws {@link RouteSyncError} `INVALID_OPTION` if the runtime would not accept the code.
 */
export function loadFunction(code: string, read: ReadKey): EdgeRun {
  const [fault] = check(code);
  if (fault) {
    const message = `function: ${fault.message}, at ${fault.line}:${fault.column + 1}; expected ${fault.allowed}`;
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "function" } });
  }
  if (!/\bhandler\b/u.test(code)) {
    const message = "function: declares no handler; expected a function called handler";
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "function" } });
  }
  const body = code.replaceAll(
    /^import (\w+) from ?["']([\w:]+)["'];?/gmu,
    (_, name, from) => `const ${name} = require(${JSON.stringify(from)});`,
  );
  const script = new Script(
    `(async (require, Buffer, console, event) => {"use strict";${body}\nreturn handler(event);})`,
    {
      filename: "edge-function.js",
    },
  );
  return async (event) => {
    const result: EdgeResult = { returned: undefined, reads: [], printed: [] };
    const asked = async (key: string): Promise<string | undefined> => {
      const value = await read(key);
      result.reads.push({ key, found: value !== undefined });
      return value;
    };
    const store = {
      get: async (key: string, options?: { format?: string }) => {
        const value = await asked(key);
        if (value === undefined) throw new Error("KeyNotFound");
        return options?.format === "json" ? (JSON.parse(value) as unknown) : value;
      },
      exists: async (key: string) => (await asked(key)) !== undefined,
    };
    const cf = {
      kvs: () => store,
      updateRequestOrigin: (origin: EdgeOrigin) => {
        result.origin = JSON.parse(JSON.stringify(origin)) as EdgeOrigin;
      },
    };
    const modules: Record<string, unknown> = {
      cloudfront: cf,
      crypto: { createHash, createHmac },
      buffer: { Buffer },
      querystring,
    };
    const load = (name: string): unknown => {
      if (Object.hasOwn(modules, name)) return modules[name];
      throw new Error(`the runtime has no module ${name}`);
    };
    const print = (...values: unknown[]): void => void result.printed.push(values.map(String).join(" "));
    const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    removeAbsent(context);
    const run = script.runInContext(context) as (...args: unknown[]) => Promise<EdgeRequest | EdgeResponse>;
    try {
      // The function gets copies, as over a wire.
      const given = JSON.parse(JSON.stringify(event)) as EdgeEvent;
      result.returned = await run(load, Buffer, { log: print, error: print }, given);
    } catch (error) {
      result.error = String(error);
    }
    return result;
  };
}

/** Resources of SST as its provider is given them, and processes of providers. */
import { afterEach, jest } from "@jest/globals";

import type { EntryProps, KeysProps, Kind } from "../../lib/sst/kinds";
import type { ProviderOptions } from "../../lib/sst/options";
import type { LocalStore } from "../../lib/testing";

const { version } = require("../../package.json") as { version: string };

/** A short form of SST's serialized provider. */
export const theirText = (kind: Kind): string => `
  exports.handler = __f0;
  __provider.type = "${kind === "keys" ? "Aws.KvKeys" : "Aws.KvRoutesUpdate"}";
  const url = new URL(process.env.SST_SERVER + "/rpc");
`;

/** The beginning of routesync's text. */
const OWN = "// routesync/sst";

/** The namespace of the router. */
export const ROUTER = "678a";

/** Properties, and the provider's text, under the name that Pulumi gives it. */
type Properties<Props> = Props & Record<"__provider", string>;

/** The same resource, as SST's own provider has written it. */
export const bySst = (kind: Kind, props: object): Record<string, unknown> => ({
  ...props,
  __provider: theirText(kind),
});

/** What Pulumi keeps in its state of a provider's outputs. */
export const inState = (outs: object): Record<string, unknown> => ({ ...outs, __provider: OWN });

export const keys = (
  store: LocalStore,
  namespace: string,
  entries: Record<string, string>,
  purge = false,
): Properties<KeysProps> => ({ store: store.arn, namespace, entries, purge, __provider: OWN });

export const entry = (store: LocalStore, text: string): Properties<EntryProps> => ({
  store: store.arn,
  namespace: ROUTER,
  key: "routes",
  entry: text,
  __provider: OWN,
});

let listeners: NodeJS.ExitListener[] = [];
afterEach(() => {
  for (const listener of listeners) process.removeListener("exit", listener);
  listeners = [];
});

/**
 * The provider of both kinds, with no memory of other resources, as in a new process: Pulumi starts one for each command. Native code
 * is shared with the other providers of the test.
 */
export function startProcess(store: LocalStore, options: Partial<ProviderOptions> = {}) {
  const before = process.listeners("exit");
  let { provider } = {} as typeof import("../../lib/sst/provider");
  jest.isolateModules(() => {
    ({ provider } = require("../../lib/sst/provider") as typeof import("../../lib/sst/provider"));
  });
  listeners.push(...process.listeners("exit").filter((listener) => !before.includes(listener)));
  const passed: ProviderOptions = {
    version,
    gatherMs: 0,
    deadline: "10 seconds",
    verify: true,
    client: { endpoint: store.endpoint },
    ...options,
  };
  return { keys: provider("keys", passed), entries: provider("entry", passed) };
}

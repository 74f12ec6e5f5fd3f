/** The provider of `routesync/sst`, as Pulumi's process for dynamic providers has it. */
import { jest } from "@jest/globals";

import { handlerText } from "../../lib/sst/handler";
import type { EntryProps, KeysProps } from "../../lib/sst/kinds";
import type { ProviderOptions } from "../../lib/sst/options";
import type * as ProviderModule from "../../lib/sst/provider";
import type { Place } from "./store";

const { version } = require("../../package.json") as { version: string };

// Each process listens for the exit of this one.
process.setMaxListeners(0);

type Provider = ReturnType<typeof ProviderModule.provider>;

/** The process of one Pulumi command: it knows nothing of earlier ones. */
export class ProviderProcess {
  /** What it printed. */
  readonly printed: string[] = [];
  private readonly module: typeof ProviderModule;

  constructor(private readonly place: Place) {
    let module: typeof ProviderModule | undefined;
    // Not a spy: the summary is printed after the test.
    console.log = this.print;
    jest.isolateModules(() => (module = require("../../lib/sst/provider") as typeof ProviderModule));
    this.module = module as typeof ProviderModule;
  }

  /** The options of a program. */
  options(more: Partial<ProviderOptions> = {}): ProviderOptions {
    const { endpoint } = this.place.client;
    const client = endpoint === undefined ? {} : { endpoint };
    return { version, gatherMs: 0, client, deadline: "1 minute", verify: true, ...more };
  }

  keys = (more?: Partial<ProviderOptions>): Provider => this.module.provider("keys", this.options(more));

  entry = (more?: Partial<ProviderOptions>): Provider => this.module.provider("entry", this.options(more));

  /** The properties of a `KvKeys`, as Pulumi passes them. */
  keysProps(
    namespace: string,
    entries: Record<string, string>,
    more: Partial<Stated<KeysProps>> = {},
  ): Stated<KeysProps> {
    const text = handlerText("keys", this.options());
    return { store: this.place.arn, namespace, entries, purge: false, __provider: text, ...more };
  }

  /** The properties of a `KvRoutesUpdate`, as Pulumi passes them. */
  entryProps(entry: string, more: Partial<Stated<EntryProps>> = {}): Stated<EntryProps> {
    const text = handlerText("entry", this.options());
    return { store: this.place.arn, namespace: "678a", key: "routes", entry, __provider: text, ...more };
  }

  private readonly print = (line: string): void => void this.printed.push(line);
}

/** With the text of the provider. */
export type Stated<Props> = Props & { __provider: string } & Record<string, unknown>;

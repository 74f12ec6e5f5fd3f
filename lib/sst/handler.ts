/**
 * The provider's code in a resource's state. Pulumi runs it also when the program does not run, as in `sst remove`.
 *
 * The text contains no path, so the state can be used on any machine. It searches for this package from the folder in which the
 * provider runs, `.sst/platform`, and so in the project and the folders above. If the package is not installed any more, SST's own server
 * does the work, as it did before. A package that is found but cannot be loaded fails the resource: with SST's server as a second way,
 * two writers would own the resource.
 */
import { KINDS } from "./kinds";
import type { Kind } from "./kinds";
import type { ProviderOptions } from "./options";

/** Every text begins with this, whatever its version. */
const MARK = "// routesync/sst";

const TEXT = `${MARK}
const { createRequire } = require("node:module");
const { join } = require("node:path");
const file = (name) => ["routesync", name].join("/");
function load() {
  for (const place of [join(process.cwd(), "package.json"), process.argv[1]]) {
    let from;
    try {
      from = createRequire(place);
      from.resolve(file("package.json"));
    } catch {
      continue;
    }
    return from(file("sst-provider")).provider(KIND, OPTIONS);
  }
}
async function call(method, given) {
  const body = JSON.stringify({ jsonrpc: "1.0", method: "Resource." + RPC + "." + method, params: [given] });
  const answer = await fetch(process.env.SST_SERVER + "/rpc", { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = await answer.json();
  if (error) throw new Error(error);
  return result;
}
const sst = {
  create: (inputs) => call("Create", inputs),
  update: (id, olds, news) => call("Update", { id, olds, news }),
  delete: (id, outs) => call("Delete", { id, outs }),
};
exports.handler = () => load() || sst;
`;

/** The text for a kind of resources. */
export function handlerText(kind: Kind, options: ProviderOptions): string {
  const values: Record<string, unknown> = { KIND: kind, OPTIONS: options, RPC: KINDS[kind].rpc };
  // In one pass, since an option may contain any of these words.
  return TEXT.replace(/KIND|OPTIONS|RPC/g, (name) => JSON.stringify(values[name]));
}

/** Whether a provider in the state is this package's. */
export function isOwnText(text: unknown): text is string {
  return typeof text === "string" && text.startsWith(MARK);
}

/** The options in a text of this package, apart from the version. `undefined` if the text is in another form. */
export function optionsIn(text: string): Omit<ProviderOptions, "version"> | undefined {
  const json = /\.provider\("(?:keys|entry)", (\{.*\})\);$/m.exec(text)?.[1];
  if (json === undefined) return undefined;
  const { version: _, ...options } = JSON.parse(json) as ProviderOptions;
  return options;
}

/**
 * The namespaces of one deploy. SST takes the first four hexadecimal digits of a hash of the component's name, so two components meet by
 * chance: with 100 routes in 7 % of the apps. Each would then overwrite the metadata of the other.
 */
import { RouteSyncError } from "../errors";

export class Namespaces {
  private readonly names = new Map<string, string>();

  /** Returns the namespace, or throws if another resource of the deploy has it in the same store. */
  claim(store: string, namespace: string, name: string): string {
    const key = JSON.stringify([store, namespace]);
    const other = this.names.get(key) ?? name;
    if (other !== name) {
      const error = new RouteSyncError({
        code: "ROUTE_CONFLICT",
        message:
          `${component(name)} and ${component(other)} have the same namespace, ${namespace}, so each would overwrite the target of the other; ` +
          "rename one of them (SST hashes the names of components to four digits)",
      });
      // Pulumi prints the stack in addition to the message. It names no line of the user's program, and Node took 50 seconds to find its
      // lines in the source maps of SST's bundle.
      error.stack = "";
      throw error;
    }
    this.names.set(key, name);
    return namespace;
  }
}

/** The component's part of a resource's name, such as `MyRouterRoute/api`. */
const component = (name: string) => JSON.stringify(name.replace(/(RouteKey|KvKeys)?\.sst\.aws\.KvKeys$/, ""));

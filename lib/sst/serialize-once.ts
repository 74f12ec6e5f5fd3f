/**
 * Pulumi serializes the provider object of each resource, and SST makes a new object for each one. All objects of one kind have the same
 * text. So the text of the first is used again: with 100 routes, a deploy took 32 instead of 47 seconds of CPU.
 *
 * This replaces a function inside Pulumi. It has an effect only where everything looks as expected. Otherwise Pulumi works as before.
 */
import { KINDS } from "./kinds";

type Serialize = (func: () => unknown, options?: object) => Promise<unknown>;

/** The function that Pulumi passes, as text. */
const PROVIDER_FUNCTION = "() => provider";

export function serializeOnce(): void {
  let closure: { serializeFunction?: Serialize };
  try {
    closure = require("@pulumi/pulumi/runtime/closure/serializeClosure.js") as typeof closure;
  } catch {
    return;
  }
  const original = closure.serializeFunction;
  if (typeof original !== "function") return;
  if (!Object.getOwnPropertyDescriptor(closure, "serializeFunction")?.writable) return;
  closure.serializeFunction = once(original);
}

/** `serialize`, which is called once for all providers of one of SST's kinds of routes. */
export function once(serialize: Serialize): Serialize {
  const types = new Set(Object.values(KINDS).map(({ rpc }) => rpc));
  const known = new Map<string, Promise<unknown>>();
  return (func, options) => {
    const type = providerType(func);
    if (type === undefined || !types.has(type)) return serialize(func, options);
    const text = known.get(type) ?? serialize(func, options);
    known.set(type, text);
    return text;
  };
}

/** The type of a provider that has nothing but a type and the methods of its class. */
function providerType(func: () => unknown): string | undefined {
  if (Function.prototype.toString.call(func) !== PROVIDER_FUNCTION) return undefined;
  const provider = func();
  if (typeof provider !== "object" || provider === null) return undefined;
  const { type } = provider as { type?: unknown };
  return Object.keys(provider).join() === "type" && typeof type === "string" ? type : undefined;
}

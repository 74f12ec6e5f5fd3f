/**
 * Encodes options as JSON for native code. One string costs the same for one route as for ten thousand. Values that JSON would
 * silently drop or change are rejected with their path, since a missing route would be removed.
 */
import { RouteSyncError } from "./errors";

/** Deeper than any option. The limit keeps an endless structure from overflowing the stack. */
const MAX_DEPTH = 32;

/** The text that `toString` of a Pulumi Output returns, followed by lines of advice. */
const OUTPUT_TEXT = "Calling [toString] on an [Output<T>]";

export function encode(value: unknown): string {
  new Walk(false).any(value);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined)
    throw new RouteSyncError({ code: "INVALID_OPTION", message: "the options are missing" });
  // One search in the whole text is cheaper than one in each string. A match may be harmless, so the strings are then checked.
  if (text.includes("\\ud") || text.includes(OUTPUT_TEXT)) new Walk(true).any(value);
  return text;
}

/** Represents an undefined target. JSON would also omit the pattern, and the route would be removed without a warning. */
const UNDEFINED = { undefined: true };

/** The options, with {@link UNDEFINED} for each undefined target in `routes`. */
export function withUndefined(options: object): object {
  const { routes } = options as { routes?: unknown };
  if (typeof routes !== "object" || routes === null || "toJSON" in routes) return options;
  if (!Object.values(routes).includes(undefined)) return options;
  const marked = Object.entries(routes).map(([pattern, target]) => [
    pattern,
    target === undefined ? UNDEFINED : target,
  ]);
  return { ...options, routes: Object.fromEntries(marked) as object };
}

/** Rejects values that JSON cannot represent. If it also built the text, that would take three times as long. */
class Walk {
  constructor(private readonly intoStrings: boolean) {}

  /** The objects around the present value, and the keys of its path. */
  private readonly around: object[] = [];
  private readonly keys: (string | number)[] = [];

  any(value: unknown): void {
    switch (typeof value) {
      case "string":
        if (this.intoStrings) this.string(value);
        return;
      case "number":
        if (!Number.isFinite(value)) this.refuse(`is ${value}, which JSON cannot represent`);
        return;
      case "object":
        if (value !== null) this.object(value);
        return;
      case "boolean":
      case "undefined":
        return;
      default:
        this.refuse(`is a ${typeof value}, which cannot be an option`);
    }
  }

  private string(value: string): void {
    if (!value.isWellFormed()) this.refuse("contains half of a surrogate pair");
    if (value.includes(OUTPUT_TEXT)) this.refuse(`contains the text of a Pulumi Output; ${OUTPUT_HINT}`);
  }

  private object(value: object): void {
    if (this.around.includes(value)) this.refuse("contains itself");
    if (this.around.length >= MAX_DEPTH) this.refuse(`is nested more than ${MAX_DEPTH} deep`);
    this.around.push(value);
    if (Array.isArray(value)) this.array(value);
    else this.members(value as Record<string, unknown>);
    this.around.pop();
  }

  private array(value: unknown[]): void {
    for (const [index, item] of value.entries()) {
      this.keys.push(index);
      if (item === undefined) this.refuse("is undefined");
      this.any(item);
      this.keys.pop();
    }
  }

  private members(value: Record<string, unknown>): void {
    // Before toJSON, since that of an Output returns only a warning.
    if (value["__pulumiOutput"] === true) this.refuse(`is a Pulumi Output; ${OUTPUT_HINT}`);
    if (typeof value["toJSON"] === "function") return this.any(value["toJSON"](this.keys.at(-1) ?? ""));
    if (typeof value["then"] === "function") this.refuse("is a promise; await it first");
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      // The tag is compared, and not the prototype, since objects may be from another realm.
      const tag = Object.prototype.toString.call(value);
      if (tag !== "[object Object]") this.refuse(`is a ${tag.slice(8, -1)}, not a plain object`);
    }

    for (const key of Object.keys(value)) {
      const item = value[key];
      // Almost all values of ten thousand routes are strings. A call for each of them would take twice as long.
      if (typeof item === "string" && !this.intoStrings) continue;
      this.keys.push(key);
      if (this.intoStrings) this.string(key);
      this.any(item);
      this.keys.pop();
    }
  }

  private refuse(found: string): never {
    const path = pathOf(this.keys);
    const message = `${path || "the options"}: ${found}`;
    throw new RouteSyncError({ code: "INVALID_OPTION", message, details: path ? { path } : {} });
  }
}

const OUTPUT_HINT = "take its value with .apply() first";

/** A path as native code writes it, such as `routes["/api"].readTimeout`. */
function pathOf(keys: (string | number)[]): string {
  let path = "";
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) path += path ? `.${key}` : key;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}

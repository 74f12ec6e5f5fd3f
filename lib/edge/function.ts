/** Composes the function of a distribution. */
import { RouteSyncError } from "../errors";
import type { EdgeFunctionOptions } from "../types/edge-function";
import { bodyFault, check } from "./language";
import { type PartName, parts } from "./parts";

/** The most bytes of a CloudFront Function: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
export const FUNCTION_BYTES = 10_240;

/**
 * The text of a CloudFront Function for viewer requests that serves the routes of a router. It needs the runtime `cloudfront-js-2.0` and an
 * association with the KeyValueStore.
 *
 * @throws {@link RouteSyncError} `INVALID_OPTION` for an option that is unknown or has another form, for code that the runtime does not
 * accept, and for a function of more than 10,240 bytes.
 *
 * @example
 * ```ts
 * import { edgeFunction } from "routesync/edge";
 *
 * const code = edgeFunction({ router: "678a", blockDefaultDomain: true });
 * ```
 */
export function edgeFunction(options: EdgeFunctionOptions): string {
  const { router, otherwise, before, after, ...flags } = checked(options);
  const { base, ...texts } = parts();
  const wanted: Record<PartName, boolean | undefined> = {
    probe: flags.probe,
    block: flags.blockDefaultDomain,
    openNext: flags.openNext,
    cacheKey: flags.openNext,
    pass: otherwise === "defaultOrigin",
    before: before !== undefined,
    after: after !== undefined,
  };
  let text = base.replace("@router@", router);
  for (const name of Object.keys(wanted) as PartName[]) {
    // A function, since `$` has a meaning in a replacement.
    text = text.replace(`$${name};`, () => (wanted[name] ? texts[name] : ""));
  }
  for (const [name, code] of Object.entries({ before, after })) {
    if (code === undefined) continue;
    const user = `\nasync function ${name}(event){${code}\n}`;
    const [fault] = check(user);
    if (fault) throw invalid(name, `${fault.message}, in line ${fault.line - 1}`, fault.allowed);
    const wrong = bodyFault(user);
    if (wrong !== undefined) throw invalid(name, wrong, "the body of a function of `event`");
    text += user;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > FUNCTION_BYTES) {
    const own = Buffer.byteLength((before ?? "") + (after ?? ""));
    const path = before === undefined ? "after" : "before";
    throw invalid(
      path,
      `the function has ${bytes} bytes, ${own} of them from \`before\` and \`after\``,
      `at most ${FUNCTION_BYTES} bytes`,
    );
  }
  return text;
}

const FLAGS = ["blockDefaultDomain", "probe", "openNext"] as const;
const CODE = ["before", "after"] as const;

/** Checks the form of the options. */
function checked(options: EdgeFunctionOptions): EdgeFunctionOptions {
  if (typeof options !== "object" || options === null) {
    throw invalid("options", `is ${String(options)}`, "an object");
  }
  const known = ["router", "otherwise", ...FLAGS, ...CODE];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(unknown, "is not an option", `one of ${known.join(", ")}`);
  const { router, otherwise } = options;
  if (typeof router !== "string" || !/^[\w-]{1,64}$/u.test(router)) {
    throw invalid("router", `is ${JSON.stringify(router)}`, "1 to 64 letters, digits, - and _");
  }
  if (otherwise !== undefined && otherwise !== "notFound" && otherwise !== "defaultOrigin") {
    throw invalid("otherwise", `is ${JSON.stringify(otherwise)}`, '"notFound" or "defaultOrigin"');
  }
  for (const name of FLAGS) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean")
      throw invalid(name, `is ${JSON.stringify(value)}`, "true or false");
  }
  for (const name of CODE) {
    const value = options[name];
    if (value !== undefined && typeof value !== "string")
      throw invalid(name, `is ${typeof value}`, "the body of a function, as text");
  }
  return options;
}

function invalid(path: string, found: string, allowed: string): RouteSyncError {
  const message = `${path}: ${found}; expected ${allowed}`;
  return new RouteSyncError({ code: "INVALID_OPTION", message, details: { path } });
}

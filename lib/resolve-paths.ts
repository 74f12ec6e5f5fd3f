/** Where this package may be found when the program that uses it was bundled. */

/** Files from which the package's name may resolve. */
export function startingPoints(): string[] {
  const path = builtin("node:path") as typeof import("node:path");
  return [
    // This file: inside the package its own name resolves; in a CommonJS bundle, or under SST's banner, the bundle.
    typeof __filename === "string" ? __filename : undefined,
    // A bundle in ESM form without a banner, run as the program.
    process.argv[1],
    path.join(process.cwd(), "package.json"),
    // An executable that a program was compiled into.
    process.execPath,
  ].filter((place) => place !== undefined && path.isAbsolute(place)) as string[];
}

/** A module of Node. In an ESM bundle without a banner there is no `require`; before 20.16 there is nothing else. */
export function builtin(name: string): unknown {
  return process.getBuiltinModule?.(name as "module") ?? require(name);
}

/** The places of this package for a bundled program. */

/** Files from which the package's name may be resolved. */
export function startingPoints(): string[] {
  const path = builtin("node:path") as typeof import("node:path");
  return [
    // This file, in which the package's own name can be resolved. In a CommonJS bundle, or with SST's banner, it is the bundle.
    typeof __filename === "string" ? __filename : undefined,
    // An ESM bundle without a banner that is run as the program.
    process.argv[1],
    path.join(process.cwd(), "package.json"),
    // The executable of a compiled program.
    process.execPath,
  ].filter((place) => place !== undefined && path.isAbsolute(place)) as string[];
}

/** A module of Node. An ESM bundle without a banner has no `require`, and Node before 20.16 has no other way. */
export function builtin(name: string): unknown {
  return process.getBuiltinModule?.(name as "module") ?? require(name);
}

/** Compiles the programs of the documents, each in the folder in which its framework is installed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { node, root } from "../run";
import { blocks, DECLARATIONS, documents } from "./blocks";
import { type Program, programs } from "./programs";

/** The package that a program for an adapter imports. The adapter's folder in e2e/ has it installed. */
const FRAMEWORKS = {
  alchemy: /from "(?:routesync\/)?alchemy"/u,
  cdk: /from "(?:routesync\/cdk|aws-cdk-lib|constructs)[/"]/u,
  pulumi: /from "(?:routesync\/pulumi|@pulumi\/pulumi)"/u,
};

type Framework = keyof typeof FRAMEWORKS;

function frameworkOf({ source }: Program): Framework | undefined {
  return (Object.keys(FRAMEWORKS) as Framework[]).find((name) => FRAMEWORKS[name].test(source));
}

/** The programs that import the given framework, or without an argument those that import none. */
export function programsFor(framework?: Framework): Program[] {
  return [...documents(), ...DECLARATIONS]
    .flatMap((file) => programs(blocks(file)))
    .filter((program) => frameworkOf(program) === framework);
}

/** The compiler's messages about the programs. */
export async function compiled(found: Program[], framework?: Framework): Promise<string> {
  // In this folder, the package is found by its name, and the framework beside it.
  const home = join(root, framework ? join("e2e", framework) : "");
  const cache = join(home, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "compile-"));
  try {
    for (const { name, source } of found) writeFileSync(join(folder, `${name}.mts`), source);
    const config = {
      extends: join(root, "tsconfig.json"),
      // Declarations of other packages have errors. An example may declare names that it does not use.
      compilerOptions: {
        skipLibCheck: true,
        noUnusedLocals: false,
        rootDir: root,
        typeRoots: [join(root, "node_modules", "@types")],
      },
      include: ["*.mts"],
      exclude: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    return await node([tsc, "--pretty", "false", "-p", folder]).catch(
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

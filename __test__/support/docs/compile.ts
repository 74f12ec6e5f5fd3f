/** The programs of the documents, for the compiler: each where its framework is installed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { node, root } from "../run";
import { blocks, DECLARATIONS, documents } from "./blocks";
import { type Program, programs } from "./programs";

/** What a program of an adapter imports. The folder of that name in e2e/ has it. */
const FRAMEWORKS = {
  alchemy: /from "(?:routesync\/)?alchemy"/u,
  cdk: /from "(?:routesync\/cdk|aws-cdk-lib|constructs)[/"]/u,
  pulumi: /from "(?:routesync\/pulumi|@pulumi\/pulumi)"/u,
};

type Framework = keyof typeof FRAMEWORKS;

function frameworkOf({ source }: Program): Framework | undefined {
  return (Object.keys(FRAMEWORKS) as Framework[]).find((name) => FRAMEWORKS[name].test(source));
}

/** The programs that import a framework; without one, those that import none. */
export function programsFor(framework?: Framework): Program[] {
  return [...documents(), ...DECLARATIONS]
    .flatMap((file) => programs(blocks(file)))
    .filter((program) => frameworkOf(program) === framework);
}

/** What the compiler says of them. */
export async function compiled(found: Program[], framework?: Framework): Promise<string> {
  // Where the package is found by its name, and the framework beside it.
  const home = join(root, framework ? join("e2e", framework) : "");
  const cache = join(home, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "compile-"));
  try {
    for (const { name, source } of found) writeFileSync(join(folder, `${name}.mts`), source);
    const config = {
      extends: join(root, "tsconfig.json"),
      // What others ship has faults of its own; an example may name what it does not use.
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

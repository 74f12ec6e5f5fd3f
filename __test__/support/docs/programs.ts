/** Converts TypeScript blocks to modules, for the compiler and for runs on an embedded store. */
import { join } from "node:path";

import { transformSync } from "esbuild";

import * as routesync from "../../../lib";
import { root } from "../run";
import { type Block, fileOf, split } from "./blocks";
import { given } from "./given";

/** The exported names that a page's reader may call. */
const CALLABLE = Object.keys(routesync);

export interface Program {
  block: Block;
  name: string;
  source: string;
}

/** The programs of one document, in order. A later block also has the imports of earlier ones. */
export function programs(all: Block[]): Program[] {
  // As in `given.ts`, examples in index.d.ts may use all of its names.
  const known = new Set(all[0]?.file === "index.d.ts" ? CALLABLE : []);
  return all
    .filter(({ language }) => language === "ts")
    .map((block) => {
      const { text, within = (body: string) => body } = given(block.file);
      const { imports, body } = split(block.text);
      for (const name of CALLABLE) if (new RegExp(`\\b${name}\\b`, "u").test(imports)) known.add(name);
      const used = [...known].filter(
        (name) =>
          new RegExp(`\\b${name}\\b`, "u").test(body) && !new RegExp(`\\b${name}\\b`, "u").test(imports),
      );
      const carried = used.length > 0 ? [`import { ${used.join(", ")} } from "routesync";`] : [];
      // A block that is a complete file gets no additional code.
      const parts = fileOf(block)
        ? [block.text]
        : [...carried, imports, declared(text, body), within(body), "export {};"];
      return {
        block,
        name: `${block.file.replaceAll(/\W/gu, "-")}-${block.line}`,
        source: parts.join("\n"),
      };
    });
}

/** `text` without the constants that the body declares itself. */
function declared(text: string, body: string): string {
  return text
    .split("\n")
    .filter((line) => {
      const name = /^\s*(?:(?:declare )?const|import \{) (\w+)/u.exec(line)?.[1];
      return (
        name === undefined ||
        !new RegExp(`\\b(?:const|import) (?:${name}\\b|\\{[^}]*\\b${name}\\b)|\\busing ${name}\\b`, "u").test(
          body,
        )
      );
    })
    .join("\n");
}

/** Makes a module that calls the embedded store of `run.mjs` in the place of an ARN of AWS. */
export function runnable({ source }: Program): string {
  const { code } = transformSync(source, { loader: "ts", format: "esm", target: "node20" });
  return code.replaceAll(
    /from "routesync"/gu,
    `from ${JSON.stringify(join(root, "__test__/support/docs/routesync.mjs"))}`,
  );
}

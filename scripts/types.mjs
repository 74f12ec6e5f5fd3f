/**
 * `npm run types`: makes the public declarations from the declarations that `tsc` emits for lib/. index.d.ts is committed, since it is
 * the contract that users read. The declarations of the other entries are only in dist/. With `--check`, it writes nothing, and fails if
 * index.d.ts differs.
 *
 * An entry's declarations are its own, followed by those of the modules that it exports from. An entry exports all names of such a
 * module, so no name has to be changed. Types of lib/types/ are copied from their source. The other entries import them from index.d.ts,
 * so that each type exists only once.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, posix } from "node:path";

import { format, resolveConfig } from "prettier";

import { fail, root } from "./ready.mjs";

/** The folder for declarations in lib/tsconfig.build.json. */
const DECLARATIONS = ".cache/types";
const CONTRACT = "lib/index.ts";
/** The declaration file of each entry. */
const ENTRIES = {
  [CONTRACT]: "index.d.ts",
  "lib/edge/index.ts": "dist/edge/index.d.ts",
  "lib/testing/index.ts": "dist/testing/index.d.ts",
  "lib/pulumi/index.ts": "dist/pulumi/index.d.ts",
  "lib/sst/index.ts": "dist/sst/index.d.ts",
  "lib/cdk/index.ts": "dist/cdk/index.d.ts",
  "lib/alchemy/index.mts": "dist/alchemy/index.d.mts",
};
/** TypeScript reads the types of an ES module from a `.d.mts` file. */
const AS_MODULE = { "dist/index.d.mts": 'export * from "../index.js";\n' };

const NOTE = "// Made by scripts/types.mjs from lib/. Change lib/, and run `npm run types`.\n";

/** An import, or an export of another module's names. */
const LINK = /^(?<verb>import|export) (?<type>type )?(?<what>[^;"]*?) ?from "(?<from>[^"]+)";\n/gmu;
/** A file's header comment. That of an entry is the text of its page in the documentation, and the others are left out. */
const HEADER = /^\/\*\*(?:(?!\*\/).)*\*\/\n(?=\n|import|export [^;]*from)/su;
const EXPORTED = /^export (?:declare |abstract |async )*(?:function|class|interface|type|const) (\w+)/gmu;

const read = (file) => readFileSync(join(root, file), "utf8");

/** The module for `specifier` in `file`, or `undefined` for a module of another package. */
function resolved(file, specifier) {
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(file), specifier).replace(/\.m?js$/u, "");
  const found = [`${path}.ts`, `${path}.mts`, `${path}/index.ts`].find((one) => existsSync(join(root, one)));
  return found ?? fail(`${file}: ${specifier} leads to no module`);
}

/** The declarations of a module, without its header. */
function declared(file) {
  const { header, text } = written(file);
  // A declaration file would export it anyway.
  const hidden = /^(?:declare|abstract|interface|type|class|function|const) .*/mu.exec(text);
  if (hidden) fail(`${file}: users see ${hidden[0]}, which is not exported`);
  return { header, text };
}

function written(file) {
  const source = read(file);
  const header = HEADER.exec(source)?.[0] ?? "";
  if (file.startsWith("lib/types/")) return { header, text: source.slice(header.length) };
  const end = extname(file) === ".mts" ? ".d.mts" : ".d.ts";
  const emitted = read(file.replace(/^lib/u, DECLARATIONS).replace(/\.m?ts$/u, end));
  const text = emitted
    .slice(emitted.startsWith(header) ? header.length : 0)
    .replaceAll(/^export \{\};\n/gmu, "")
    .replaceAll(/^( *)(?:private|protected) [^;]*;\n/gmu, "")
    .replaceAll(/^export declare /gmu, "export ")
    // tsc leaves out empty lines.
    .replaceAll(/([;}]\n)( *)(?=\/\*\*|export |constructor\()/gu, "$1\n$2");
  return { header, text };
}

/** The modules whose names `entry` exports, beginning with itself. */
function modulesOf(entry) {
  const modules = new Map();
  const visit = (file) => {
    if (modules.has(file)) return;
    const { header, text } = declared(file);
    const links = [...text.matchAll(LINK)].map(({ groups: { verb, type, what, from } }) => {
      return { verb, type, what, from, to: resolved(file, from) };
    });
    modules.set(file, { header, links, text: text.replaceAll(LINK, "") });
    const exported = links.filter(
      ({ verb, to }) => verb === "export" && to && !(entry !== CONTRACT && contract.has(to)),
    );
    for (const { what, to } of exported) {
      visit(to);
      if (what !== "*") holdsAll(file, what, to, modules.get(to).text);
    }
  };
  visit(entry);
  return modules;
}

/** The names that a text exports. */
const namesOf = (text) => [...new Set([...text.matchAll(EXPORTED)].map(([, name]) => name))];

const contractNames = () => new Set([...contract.values()].flatMap(({ text }) => namesOf(text)));

const namesIn = (list) =>
  list
    .replaceAll(/[{}]/gu, "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

/** Checks that a module exports either all names of another module or none. */
function holdsAll(file, what, to, text) {
  const left = namesOf(text).filter((name) => !namesIn(what).includes(name));
  if (left.length > 0)
    fail(`${file}: exports from ${to}, but not ${left.join(", ")}: put that into a module of its own`);
}

/** The text of an entry's declarations. */
function bundle(entry) {
  const modules = modulesOf(entry);
  const outside = new Map();
  const shared = { import: new Set(), export: new Set() };
  for (const [file, { links }] of modules) {
    for (const { verb, type, what, from, to } of links) {
      if (to === undefined) {
        // If one import of a name is only for types and another one is not, the other one is kept.
        const line = `${what} from "${from}";\n`;
        outside.set(line, outside.get(line) === "" ? "" : (type ?? ""));
      } else if (entry !== CONTRACT && contract.has(to)) {
        for (const name of namesIn(what)) shared[verb].add(name);
      } else if (!modules.has(to)) {
        fail(`${file}: its declarations need ${to}, which ${entry} does not export`);
      }
    }
  }
  const texts = [...modules.values()].map(({ text }) => text.trim()).filter(Boolean);
  if (entry !== CONTRACT) {
    // Comments also name types, and tsc keeps no imports for these.
    const linked = [...texts.join().matchAll(/\{@link (\w+)/gu)].map(([, name]) => name);
    for (const name of linked.filter((one) => contractNames().has(one))) {
      if (!texts.some((text) => namesOf(text).includes(name))) shared.import.add(name);
    }
  }
  const index = `${posix.relative(posix.dirname(ENTRIES[entry]), "index")}.js`;
  const sharing = Object.entries(shared)
    .filter(([, names]) => names.size > 0)
    .map(([verb, names]) => `${verb} type { ${[...names].toSorted().join(", ")} } from "${index}";\n`);
  const imports = [...outside].map(([line, type]) => `import ${type}${line}`);
  const { header } = modules.get(entry);
  return [header + NOTE + [...imports, ...sharing].join(""), ...texts].join("\n\n");
}

const contract = modulesOf(CONTRACT);

const check = process.argv.includes("--check");
for (const [entry, file] of Object.entries(ENTRIES)) {
  if (check && entry !== CONTRACT) continue;
  const path = join(root, file);
  const text = await format(bundle(entry), { ...(await resolveConfig(path)), parser: "typescript" });
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (read(file) !== text) {
    fail(`${file} differs from lib/: run npm run types, and commit it`);
  }
}
if (!check) {
  for (const [file, text] of Object.entries(AS_MODULE)) writeFileSync(join(root, file), text);
  // These modules contain only types, so nothing loads them.
  rmSync(join(root, "dist", "types"), { recursive: true, force: true });
}

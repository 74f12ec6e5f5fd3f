/**
 * `npm run types`: the public declarations, made of what `tsc` declares for lib/. index.d.ts is committed, since it is the contract that
 * people read; those of the other entries are in dist/ alone. `--check` writes nothing, and fails where index.d.ts is not what would be
 * written.
 *
 * An entry's declarations are its own and those of the modules that it exports from, in this order. Such a module exports nothing
 * else, so no name has to be changed. Types of lib/types/ are taken as they are written there; the other entries import them from
 * index.d.ts, so that each type exists once.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, posix } from "node:path";

import { format, resolveConfig } from "prettier";

import { fail, root } from "./ready.mjs";

/** Where lib/tsconfig.build.json has the declarations put. */
const DECLARATIONS = ".cache/types";
const CONTRACT = "lib/index.ts";
/** By module, the file with its declarations. */
const ENTRIES = {
  [CONTRACT]: "index.d.ts",
  "lib/testing.ts": "dist/testing.d.ts",
  "lib/pulumi/index.ts": "dist/pulumi/index.d.ts",
  "lib/cdk/index.ts": "dist/cdk/index.d.ts",
  "lib/alchemy/index.mts": "dist/alchemy/index.d.mts",
};
/** TypeScript takes the types of an ES module from a file of this ending. */
const AS_MODULE = { "dist/index.d.mts": 'export * from "../index.js";\n' };

const NOTE = "// Made by scripts/types.mjs of what is in lib/. Change it there, and run `npm run types`.\n";

/** An import, or an export of another module's names. */
const LINK = /^(?<verb>import|export) (?<type>type )?(?<what>[^;"]*?) ?from "(?<from>[^"]+)";\n/gmu;
/** What a file says of itself at its top: of an entry it is the page's text, else it is of no concern to users. */
const HEADER = /^\/\*\*(?:(?!\*\/).)*\*\/\n(?=\n|import|export [^;]*from)/su;
const EXPORTED = /^export (?:declare |abstract |async )*(?:function|class|interface|type|const) (\w+)/gmu;

const read = (file) => readFileSync(join(root, file), "utf8");

/** The module that `specifier` in `file` leads to, or nothing for one of another package. */
function resolved(file, specifier) {
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(file), specifier).replace(/\.m?js$/u, "");
  const found = [`${path}.ts`, `${path}.mts`, `${path}/index.ts`].find((one) => existsSync(join(root, one)));
  return found ?? fail(`${file}: ${specifier} leads to no module`);
}

/** The declarations of a module, without its header. */
function declared(file) {
  const { header, text } = written(file);
  // In a file of declarations it would be exported all the same.
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

/** The modules whose names `entry` exports, itself first. */
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

/** Whoever exports names of a module exports all of them. */
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
        // Of two imports of one name, one for types alone, the other says more.
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
    // Comments name types, too, and tsc keeps no import for these.
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
    fail(`${file} is not what lib/ declares: run npm run types, and commit it`);
  }
}
if (!check) {
  for (const [file, text] of Object.entries(AS_MODULE)) writeFileSync(join(root, file), text);
  // Modules that hold types alone: nothing loads them.
  rmSync(join(root, "dist", "types"), { recursive: true, force: true });
}

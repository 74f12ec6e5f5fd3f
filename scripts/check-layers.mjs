/**
 * `node scripts/check-layers.mjs`: checks that the modules of crates/core and the folders of lib/ use only the modules that LAYERS
 * allows, and that no files import each other in a circle.
 *
 * Rust files are read as text. The check finds `use` declarations, and paths that begin with `crate::` or `super::`, outside tests.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

import { root } from "./ready.mjs";

/** The modules that each module may use, from the lowest layer to the highest. This is the only list of them. */
const LAYERS = {
  "crates/core/src": {
    kvs: [],
    error: ["kvs"],
    event: [],
    fault_points: [],
    route: ["error", "kvs"],
    table: ["kvs"],
    edge: ["table"],
    options: ["error", "kvs", "route", "table"],
    plan: ["edge", "error", "fault_points", "kvs", "options", "route", "table"],
    report: ["confirm", "kvs", "plan", "route", "table"],
    query: ["error", "kvs", "plan"],
    confirm: ["error", "event", "kvs", "options", "plan", "query", "route", "table"],
    inspect: ["confirm", "edge", "error", "kvs", "options", "plan", "query", "report", "route", "table"],
    sync: ["error", "event", "fault_points", "kvs", "options", "plan", "query", "report", "route", "table"],
  },
  lib: {
    types: [],
    ".": ["types"],
    pulumi: ["types", "."],
    sst: ["types", ".", "edge"],
    cdk: ["types", ".", "pulumi"],
    alchemy: ["types", "."],
    edge: ["types", "."],
    testing: ["types", ".", "edge"],
    cli: ["types", ".", "edge", "testing"],
  },
};

/** Crates that are checked only for circles of files. Cargo checks the dependencies between crates. */
const CRATES = ["src", "crates/aws/src", "crates/local/src", "crates/migrate/src", "crates/sim/src"];

const problems = [];
check("crates/core/src", rustImports("crates/core/src"));
for (const crate of CRATES) checkCircles(rustImports(crate));
check("lib", typescriptImports());
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log("layers: every import is allowed, and no files import each other in a circle");

/** Checks one tree's imports, a map from file to the files that it imports. */
function check(tree, imports) {
  const allowed = LAYERS[tree];
  const layerOf = (file) => {
    const [first, ...rest] = relative(tree, file).split("/");
    const name = rest.length > 0 || tree !== "lib" ? first.replace(/\.rs$/u, "") : ".";
    return name === "lib" && tree !== "lib" ? undefined : name;
  };
  for (const [file, targets] of imports) {
    const from = layerOf(file);
    if (from === undefined) continue;
    if (!allowed[from]) problems.push(`${file}: ${from} is not in LAYERS of scripts/check-layers.mjs`);
    for (const target of targets) {
      const to = layerOf(target);
      if (to !== undefined && to !== from && !allowed[from]?.includes(to)) {
        problems.push(`${file} uses ${target}: ${from} may not use ${to}`);
      }
    }
  }
  checkCircles(imports);
}

function checkCircles(imports) {
  for (const circle of circles(imports)) problems.push(`files in a circle: ${circle.join(", ")}`);
}

/** The strongly connected sets of more than one file (Tarjan's algorithm). */
function circles(imports) {
  const found = [];
  const [index, low, stack] = [new Map(), new Map(), []];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== index.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1) found.push(members.toSorted());
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found;
}

function filesIn(tree, ending) {
  return readdirSync(join(root, tree), { recursive: true })
    .map((file) => join(tree, file).split(sep).join("/"))
    .filter((file) => ending.test(file))
    .toSorted();
}

function typescriptImports() {
  const files = filesIn("lib", /\.m?ts$/u);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const named = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/gu)].map(([, path]) => path);
      const targets = named.map((path) => {
        const at = relative(root, resolve(root, dirname(file), path.replace(/\.m?js$/u, "")));
        const spelt = [".ts", ".mts", "/index.ts"].map((end) => at.split(sep).join("/") + end);
        return spelt.find((one) => files.includes(one));
      });
      return [file, new Set(targets.filter((target) => target && target !== file))];
    }),
  );
}

function rustImports(tree) {
  const files = filesIn(tree, /\.rs$/u).filter((file) => !/(^|\/|_)tests\.rs$/u.test(file));
  const text = new Map(files.map((file) => [file, withoutTests(readFileSync(join(root, file), "utf8"))]));
  /** The module path of each file: `src/plan/mod.rs` and `src/plan.rs` are `plan`. */
  const moduleOf = (file) =>
    file
      .slice(`${tree}/`.length)
      .replace(/(\/mod)?\.rs$/u, "")
      .split("/");
  const fileOf = (path) =>
    [`${tree}/${path.join("/")}.rs`, `${tree}/${path.join("/")}/mod.rs`].find((file) => text.has(file));

  /** The file that defines the item of `path`, also if a module re-exports it with `pub use`. */
  function resolvePath(path) {
    for (let length = path.length; length > 0; length--) {
      const file = fileOf(path.slice(0, length));
      if (!file) continue;
      const name = path[length];
      const inner = name && reexports(file).get(name);
      const next = inner && resolvePath([...path.slice(0, length), ...inner]);
      return next ?? file;
    }
    return undefined;
  }

  /** The path, below the module, of each name that a file re-exports. */
  function reexports(file) {
    const names = new Map();
    for (const [, use] of text.get(file).matchAll(/^pub(?:\([a-z]+\))? use ([^;]+);/gmu)) {
      for (const path of spread(use)) if (path[0] !== "crate") names.set(path.at(-1), path);
    }
    return names;
  }

  return new Map(
    files.map((file) => {
      const own = file === `${tree}/lib.rs` ? [] : moduleOf(file);
      // A re-export (`pub use`) is not a use.
      const used = text.get(file).replaceAll(/^pub(?:\([a-z]+\))? use [^;]+;/gmu, "");
      const paths = [...used.matchAll(/\buse ([^;]+);/gu)].flatMap(([, use]) => spread(use));
      const inline = [...used.matchAll(/\b(?:crate|super)(?:::\w+)+/gu)].map(([path]) => path.split("::"));
      const targets = [...paths, ...inline].map((path) => {
        if (path[0] === "crate") return resolvePath(path.slice(1));
        if (path[0] === "super") {
          const up = path.findIndex((part) => part !== "super");
          return up < 0 ? undefined : resolvePath([...own.slice(0, -up), ...path.slice(up)]);
        }
        return resolvePath([...own, ...path]);
      });
      return [file, new Set(targets.filter((target) => target && target !== file))];
    }),
  );
}

/** The single paths of a declaration such as `a::{b, c::{self, d as e}}`. */
function spread(use) {
  const text = use.replaceAll(/\s+/gu, " ").replace(/^(pub )?/u, "");
  const open = text.indexOf("{");
  if (open < 0)
    return [
      text
        .trim()
        .replace(/ as .*$/u, "")
        .split("::"),
    ];
  const prefix = text.slice(0, open).trim().split("::").filter(Boolean);
  const parts = [];
  let [depth, start] = [0, open + 1];
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && depth-- === 0) {
      parts.push(text.slice(start, at));
      break;
    }
    if (text[at] === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  const inner = parts.map((part) => part.trim()).filter((part) => part !== "");
  return inner.flatMap(spread).map((path) => prefix.concat(path.filter((one) => one !== "self")));
}

function withoutTests(text) {
  const at = text.indexOf("#[cfg(test)]\nmod ");
  const kept = at < 0 ? text : text.slice(0, at);
  return kept.replaceAll(/\/\/.*$/gmu, "").replaceAll(/pub\(in [^)]*\)/gu, "pub");
}

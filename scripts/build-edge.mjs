/**
 * Builds `dist/edge/parts.json`: the texts of which `edgeFunction` composes a function, in short form.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { minify } from "terser";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const source = (path) => readFileSync(file(`lib/edge/function/${path}`), "utf8");

/** The names of the base that its parts and a user's code use. */
const NAMES = ["cf", "handler", "answer", "find", "before", "after"];

/** The properties that get short names, which are the same in all texts. */
const PROPERTIES = { regex: /_$/u };
const nameCache = {};

/**
 * Settings for the runtime, which has no `await` in the arguments of calls and no asynchronous functions inside others. So statements are not
 * joined to sequences, and functions are not moved to where they are called.
 */
const COMPRESS = {
  ecma: 2015,
  collapse_vars: false,
  inline: false,
  reduce_funcs: false,
  sequences: false,
  passes: 3,
};

async function shorten(text, compress, mangle) {
  // What is never assigned again may be declared by the shorter word.
  const { code } = await minify(text.replaceAll(/\bconst\b/gu, "let"), {
    compress: { ...COMPRESS, ...compress },
    mangle: { ...mangle, properties: PROPERTIES },
    format: { ecma: 2015, comments: false, ascii_only: true },
    nameCache,
  });
  return code;
}

const base = await shorten(
  source("base.js"),
  { module: true, toplevel: true, top_retain: ["handler", "find"] },
  { module: true, toplevel: true, reserved: NAMES },
);
const parts = {};
const places = { base };
for (const name of readdirSync(file("lib/edge/function/parts")).map((path) => basename(path, ".js"))) {
  // The place of a part is a call such as `$block(e);`. The part is a function whose body comes there, with the arguments' short names.
  const call = new RegExp(`\\$${name}\\(([\\w,]*)\\);`, "u");
  const [place, given] = call.exec(base) ?? [];
  const [, wanted] = /^async function part\(([\w, ]*)\)/mu.exec(source(`parts/${name}.js`)) ?? [];
  if (place === undefined || wanted === undefined) throw new Error(`the part ${name} has no place`);
  const names = wanted.split(", ");
  const passed = given.split(",");
  let text = source(`parts/${name}.js`);
  names.forEach((from, at) => {
    text = text.replaceAll(new RegExp(`(?<![.\\w"-])${from}\\b(?!["-])`, "gu"), `$$$$${passed[at]}`);
  });
  const code = await shorten(
    text,
    {},
    { reserved: [...NAMES, ...passed, ...passed.map((one) => `$$${one}`)] },
  );
  // The braces keep the part's own names apart from those of the base.
  parts[name] = code.slice(code.indexOf("{")).replaceAll(/\$\$(\w+)/gu, "$1");
  places.base = places.base.replace(place, `$${name};`);
}
mkdirSync(file("dist/edge"), { recursive: true });
writeFileSync(file("dist/edge/parts.json"), JSON.stringify({ base: places.base, ...parts }, null, 2));

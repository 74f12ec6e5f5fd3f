/**
 * What Node has and the runtime does not: methods that neither njs 0.7.9 nor 0.8.9 has. A test compares the list with the installed njs. The
 * local edge removes them, so that a function which uses one fails there, too.
 */
import type { Context } from "node:vm";
import { Script } from "node:vm";

/** The names by the object that has them. */
export const ABSENT: Record<string, string[]> = {
  Object: ["fromEntries", "hasOwn"],
  String: ["raw"],
  "Array.prototype": ["at", "findLast", "findLastIndex", "flat", "flatMap", "with"],
  "String.prototype": [
    "at",
    "isWellFormed",
    "localeCompare",
    "matchAll",
    "normalize",
    "toLocaleLowerCase",
    "toLocaleUpperCase",
    "toWellFormed",
    "trimLeft",
    "trimRight",
  ],
  "Object.getPrototypeOf(Uint8Array.prototype)": ["at", "findLast", "findLastIndex", "with"],
};

const removal = new Script(
  Object.entries(ABSENT)
    .flatMap(([object, names]) => names.map((name) => `delete ${object}.${name};`))
    .join("\n"),
);

/** Removes from a context what the runtime does not have. */
export function removeAbsent(context: Context): void {
  removal.runInContext(context);
}

/**
 * The language of the runtime `cloudfront-js-2.0`, which is njs: ECMAScript 5.1 and parts of later versions. Each rule was tried in njs 0.7.9
 * and 0.8.9, which refuse what is refused here. AWS lists the features at
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
import { type AnyNode, type Identifier, parse } from "acorn";

/** Something that the runtime does not accept. */
export interface Fault {
  message: string;
  /** What to write instead. */
  allowed: string;
  /** From 1. */
  line: number;
  column: number;
}

/** Syntax that njs has no form for, by the type of the node, and what to write instead. */
const SYNTAX: Record<string, [what: string, instead: string]> = {
  ForOfStatement: ["for…of", "a loop with an index, or forEach"],
  ArrayPattern: ["destructuring", "an index"],
  ObjectPattern: ["destructuring", "the name of the property"],
  SpreadElement: ["spread (…)", "concat, apply or Object.assign"],
  AssignmentPattern: ["a default value of a parameter", "a test for undefined"],
  ChainExpression: ["?.", "a test for undefined"],
  ClassDeclaration: ["a class", "a function"],
  ClassExpression: ["a class", "a function"],
  TaggedTemplateExpression: ["a tagged template", "a call"],
  MetaProperty: ["new.target or import.meta", "a parameter"],
  ImportExpression: ["import()", "an import at the top"],
  WithStatement: ["with", "the name of the object"],
  ExportNamedDeclaration: ["export", "a function called handler"],
  ExportDefaultDeclaration: ["export", "a function called handler"],
  ExportAllDeclaration: ["export", "a function called handler"],
};

/** Global names that the runtime does not have: AWS has removed `eval` and timers from what njs offers. */
const GLOBALS = new Set(
  "Map Set WeakMap WeakSet WeakRef Proxy Reflect Intl BigInt URL URLSearchParams fetch escape structuredClone queueMicrotask Atomics SharedArrayBuffer Iterator XMLHttpRequest eval setTimeout setInterval setImmediate process".split(
    " ",
  ),
);

const LOGICAL = new Set(["||=", "&&=", "??="]);

/** What the runtime does not accept in `code`, a module, in the order of the text. */
export function check(code: string): Fault[] {
  let root: AnyNode;
  try {
    root = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true });
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    const what = message.replace(/ \(\d+:\d+\)$/u, "");
    return [
      {
        message: what,
        allowed: "JavaScript that can be parsed",
        line: loc?.line ?? 1,
        column: loc?.column ?? 0,
      },
    ];
  }
  const faults: Fault[] = [];
  const refuse = (node: AnyNode, message: string, allowed: string) => {
    const { line, column } = node.loc?.start ?? { line: 1, column: 0 };
    faults.push({ message, allowed, line, column });
  };
  const scopes = new Map<AnyNode, Set<string>>();
  const names: { node: Identifier; parents: AnyNode[] }[] = [];
  visit(root, [], (node, parents) => {
    for (const [what, instead] of faultsOf(node, parents))
      refuse(node, `the runtime does not have ${what}`, instead);
    if (node.type !== "Identifier") return;
    if (/[^\w$]/u.test(node.name) || node.end - node.start !== node.name.length)
      refuse(node, `the runtime does not have the name ${node.name}`, "letters, digits, _ and $");
    if (declares(node, parents)) {
      const scope = scopeOf(node, parents);
      scopes.set(scope, (scopes.get(scope) ?? new Set()).add(node.name));
    } else if (isReference(node, parents.at(-1))) names.push({ node, parents });
  });
  // A name may be declared after its use.
  for (const { node, parents } of names) {
    if (parents.some((around) => scopes.get(around)?.has(node.name))) continue;
    if (isAssigned(node, parents.at(-1)))
      refuse(node, `nothing declares ${node.name}`, "let, const or var before it");
    else if (GLOBALS.has(node.name))
      refuse(node, `the runtime does not have ${node.name}`, "what the runtime has");
  }
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function faultsOf(node: AnyNode, parents: AnyNode[]): [what: string, instead: string][] {
  const known = Object.hasOwn(SYNTAX, node.type) ? SYNTAX[node.type] : undefined;
  if (known) return [known];
  switch (node.type) {
    case "AwaitExpression":
      return isInArguments(node, parents)
        ? [["await in the arguments of a call", "a variable for the awaited value"]]
        : parents.some(isFunction)
          ? []
          : [["await outside a function", "an async function"]];
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      if (node.generator) return [["a generator", "a loop"]];
      if (node.async && parents.some(isFunction))
        return [["an async function inside another function", "an async function at the top"]];
      return [];
    case "AssignmentExpression":
      return LOGICAL.has(node.operator) ? [[node.operator, "a test and an assignment"]] : [];
    case "CatchClause":
      return node.param ? [] : [["catch without a name", "catch (error)"]];
    case "Literal":
      if ("bigint" in node && node.bigint) return [["a BigInt", "a number"]];
      if ("regex" in node && node.regex && /[^gimy]/u.test(node.regex.flags))
        return [[`the flags ${node.regex.flags} of a regular expression`, "the flags g, i, m and y"]];
      return [];
    default:
      return [];
  }
}

/** Whether a value is assigned to the name. */
function isAssigned(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent?.type === "AssignmentExpression" || parent?.type === "ForInStatement")
    return parent.left === node;
  return parent?.type === "UpdateExpression";
}

/** Why `code`, which declares a function around a user's text, is not one function whose body does something. */
export function bodyFault(code: string): string | undefined {
  const [declared, ...more] = parse(code, { ecmaVersion: "latest", sourceType: "module" }).body;
  if (more.length > 0 || declared?.type !== "FunctionDeclaration")
    return "closes the function that it is the body of";
  const { body } = declared.body;
  const inner = (node: AnyNode): AnyNode => (node.type === "ExpressionStatement" ? node.expression : node);
  const idle = (node: AnyNode): boolean => isFunction(node) || node.type === "Literal";
  if (body.map(inner).every(idle) && body.map(inner).some(isFunction))
    return "only declares functions, and calls none";
  return undefined;
}

const isFunction = ({ type }: AnyNode): boolean => /Function/u.test(type);

/** Whether the value of the `await` is in the arguments of a call of the same function. njs 0.7.9 crashes there. */
function isInArguments(node: AnyNode, parents: AnyNode[]): boolean {
  let inner = node;
  for (const parent of parents.toReversed()) {
    if (isFunction(parent)) return false;
    if ((parent.type === "CallExpression" || parent.type === "NewExpression") && parent.callee !== inner)
      return true;
    inner = parent;
  }
  return false;
}

/** Whether the identifier is a name that the code gives: of a variable, a parameter, a function or an import. */
function declares(node: AnyNode, parents: AnyNode[]): boolean {
  const parent = parents.at(-1);
  if (!parent) return false;
  if (parent.type === "VariableDeclarator" || isFunction(parent)) {
    const { id } = parent as { id?: unknown };
    const { params = [] } = parent as { params?: unknown[] };
    return id === node || params.includes(node);
  }
  if (parent.type === "RestElement") return parents.at(-2) !== undefined && isFunction(parents.at(-2)!);
  return /^Import.*Specifier$/u.test(parent.type) || parent.type === "CatchClause";
}

/** The function that a declared name belongs to, or the module. The name of a function belongs to what is around it. */
function scopeOf(node: AnyNode, parents: AnyNode[]): AnyNode {
  const parent = parents.at(-1) as AnyNode;
  const named = parent.type === "FunctionDeclaration" && parent.id === node;
  return parents.slice(0, named ? -1 : undefined).findLast(isFunction) ?? (parents[0] as AnyNode);
}

/** Whether the identifier is read, and is not the name of a property. */
function isReference(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent?.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent?.type === "Property") return parent.value === node || parent.computed;
  return true;
}

/** Visits all nodes, each with the nodes around it. */
function visit(node: AnyNode, parents: AnyNode[], use: (node: AnyNode, parents: AnyNode[]) => void): void {
  use(node, parents);
  const around = [...parents, node];
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof child === "object" && child !== null && "type" in child)
        visit(child as AnyNode, around, use);
    }
  }
}

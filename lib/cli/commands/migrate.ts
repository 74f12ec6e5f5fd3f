import { resolve } from "node:path";

import type { LegacyRoutes, MigrationNote } from "../../types";
import { migrateRoutes } from "../../migrate";
import type { Command } from "../command";
import { EXIT } from "../exit";
import { json } from "../flags";
import type { Output } from "../output";

export const migrate: Command = {
  name: "migrate",
  summary: "turn SST's legacy routes object into a configuration",
  details:
    "Turns the routes object of a legacy SST Router into a configuration on stdout. Reports on stderr which parts cannot be converted, and which URLs would be served differently. The configuration has store, router and owner as comments: fill them in. Sends nothing.",
  args: [
    {
      name: "file",
      text: "a TypeScript, JavaScript, JSON or YAML file; its default export is the legacy object, or a function that returns it",
    },
  ],
  flags: [
    { flags: "--only <pattern>", text: "move only this legacy pattern now", many: true },
    {
      flags: "--format <name>",
      text: "how the configuration is written",
      choices: ["ts", "json", "yaml"],
      fallback: "ts",
    },
    { flags: "--strict", text: "exit with 4 if a note is an error, which means that a behavior is lost" },
    json,
  ],
  examples: [
    { text: "the whole router", line: "routesync migrate legacy.mjs > routes.config.ts" },
    { text: "a first stage", line: 'routesync migrate legacy.mjs --only "/api/*" --only "/files/*"' },
  ],
  result: "the `Migration`",
  async run({ args: [file = ""], given, out, cwd }) {
    const { loadFile } = await import("../config.js");
    const only = given["only"] as string[] | undefined;
    const legacy = (await loadFile(resolve(cwd, file), () => ({}))) as LegacyRoutes;
    const migration = await migrateRoutes(legacy, only ? { only } : {});
    const format = given["format"] as string | undefined;
    if (!out.json) for (const note of migration.notes) printNote(note, out);
    if (!out.json && format === "json") {
      const names = MISSING.map(([name, value]) => `${name} (${value})`);
      out.note(`add before a deploy: ${names.join(", ")}`);
    }
    const lost = migration.notes.some(({ severity }) => severity === "error");
    return {
      result: migration,
      text: await written(migration.routes, format),
      exit: lost && given["strict"] === true ? EXIT.unsafe : EXIT.done,
    };
  },
};

function printNote({ severity, code, pattern, message, example }: MigrationNote, out: Output): void {
  const winner = (route: string | null) => route ?? "no route";
  const shown = example ? ` (${example.url}: ${winner(example.before)} → ${winner(example.after)})` : "";
  const text = `${pattern}: ${message}${shown}`;
  if (severity === "error") out.error({ code, message: text });
  else if (severity === "warning") out.warning(code, text);
  else out.note(`${out.noteColors.dim("info")} ${code}: ${text}`);
}

/** The options that a deploy needs and the legacy object lacks. They are written as comments, or as a note for JSON, which has none. */
const MISSING = [
  ["store", '"arn:aws:cloudfront::<account>:key-value-store/<id>"', "the new router's KeyValueStore"],
  [
    "router",
    '"<id>"',
    "the namespace of its table in the store; for an SST Router 4 hexadecimal digits, in quotes",
  ],
  ["owner", '"<app>/<stage>"', "the owner of these routes"],
] as const;

async function written(routes: object, format = "ts"): Promise<string> {
  if (format === "yaml") {
    const missing = MISSING.map(([name, value, what]) => `# ${name}: ${value} # ${what}\n`);
    return missing.join("") + (await import("yaml")).stringify({ routes });
  }
  const text = JSON.stringify({ routes }, null, 2);
  if (format === "json") return text;
  const missing = MISSING.map(([name, value, what]) => `  // ${name}: ${value}, // ${what}\n`);
  const plain = text
    .replaceAll(/^( +)"([A-Za-z]\w*)":/gmu, "$1$2:")
    .replace("{\n", () => `{\n${missing.join("")}`);
  return `import { defineRoutes } from "routesync";\n\nexport default defineRoutes(${plain});\n`;
}

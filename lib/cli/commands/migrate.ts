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
    "Turns the routes object of a legacy SST Router into a configuration on stdout, and reports on stderr what cannot be mapped and which URLs would be served differently. Fill in store, router and owner, which it contains as comments. Calls nothing.",
  args: [
    {
      name: "file",
      text: "a TypeScript, JavaScript, JSON or YAML file; its default export is the legacy object, or a function that gives it",
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
    { flags: "--strict", text: "exit with 4 when a note is an error: something is lost" },
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
    if (!out.json) for (const note of migration.notes) tell(note, out);
    if (!out.json && format === "json") {
      const names = MISSING.map(([name, value]) => `${name} (${value})`);
      out.note(`to be added before a deploy: ${names.join(", ")}`);
    }
    const lost = migration.notes.some(({ severity }) => severity === "error");
    return {
      result: migration,
      text: await written(migration.routes, format),
      exit: lost && given["strict"] === true ? EXIT.unsafe : EXIT.done,
    };
  },
};

function tell({ severity, code, pattern, message, example }: MigrationNote, out: Output): void {
  const who = (name: string | null) => name ?? "nobody";
  const shown = example ? ` (${example.url}: ${who(example.before)} → ${who(example.after)})` : "";
  const told = `${pattern}: ${message}${shown}`;
  if (severity === "error") out.error({ code, message: told });
  else if (severity === "warning") out.warning(code, told);
  else out.note(`${out.noteColors.dim("info")} ${code}: ${told}`);
}

/** What the legacy object does not say, and a deploy needs: to be filled in. JSON has no comments. */
const MISSING = [
  ["store", '"arn:aws:cloudfront::<account>:key-value-store/<id>"', "the new router's KeyValueStore"],
  [
    "router",
    '"<id>"',
    "the namespace of its table in the store; of an SST Router 4 hexadecimal digits, in quotes",
  ],
  ["owner", '"<app>/<stage>"', "who declares these routes"],
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

/** The checks. Each function returns the rows of one table, and each row has the outcomes by column. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { installPeers } from "../../scripts/adapters.mjs";
import { lintPackage } from "../../scripts/lint-package.mjs";
import { root } from "../../scripts/ready.mjs";
import { layOut, LAYOUTS, npmInstall, outcome, project, runProgram } from "./project.mjs";
import { fetched, THIS_NODE, TOOLS } from "./tools.mjs";

/** The name of this platform in the message about a missing binary. */
const HERE = {
  linux: `linux-${process.arch}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`,
  darwin: `darwin-${process.arch}`,
  win32: `win32-${process.arch}-msvc`,
}[process.platform];

/** Node supports TypeScript since 22.18. */
const NO_TYPESCRIPT = {
  "node 20": "Node 20 reads no TypeScript",
  ...(process.features.typescript ? {} : { "this node": "this Node reads no TypeScript" }),
};

/** The programs that each runtime must run. `not` has the runtimes that cannot run one, with the reason. */
const PROGRAMS = {
  import: { file: "import.mjs" },
  require: { file: "require.cjs" },
  sync: { file: "sync.mjs" },
  abort: { file: "abort.mjs" },
  errors: { file: "errors.mjs" },
  exit: { file: "exit.mjs", status: 7 },
  workers: { file: "workers.mjs" },
  command: { file: "command.mjs" },
  typescript: { file: "typescript.mts", not: NO_TYPESCRIPT },
  "no binary": { file: "missing.mjs", after: [HERE] },
};

/** The outcome of a check that cannot run, with the reason. */
export const absent = (why) => ({ why });

/** Makes a table: runs the checks that `columns` returns for each row, one after another, and records their outcomes by column. */
async function table(rows, columns) {
  const made = [];
  for (const row of rows) {
    const cells = {};
    for (const [column, run] of Object.entries(columns)) cells[column] = await run(row);
    made.push([row.name, cells]);
  }
  return made;
}

/** Runs every program on every runtime, from one installed copy, and once without the binary. */
export async function tryRuntimes(runtimes, { parent, registry }) {
  const whole = project(parent, "runtimes", registry);
  const bare = project(parent, "bare", registry);
  const failed = (await npmInstall(whole)) ?? (await npmInstall(bare, "--omit=optional"));
  const columns = Object.entries(PROGRAMS).map(([name, { file, not, ...more }]) => {
    const place = name === "no binary" ? bare : whole;
    const run = async (runtime) => {
      const why = runtime.why ?? not?.[runtime.name];
      return why ? absent(why) : (failed ?? (await runProgram(place, runtime, file, more)));
    };
    return [name, run];
  });
  const executable = async (runtime) =>
    runtime.kind === "bun"
      ? (runtime.why && absent(runtime.why)) || failed || compiled(whole, runtime)
      : absent("only Bun compiles a program with what it imports");
  return table(runtimes, { ...Object.fromEntries(columns), executable });
}

/** Compiles a program to an executable with Bun, and runs it from another folder. It finds the packages beside itself. */
async function compiled({ folder, env }, runtime) {
  const file = join(folder, process.platform === "win32" ? "compiled.exe" : "compiled");
  const args = ["build", "--compile", join(folder, "programs", "sync.mjs"), "--outfile", file];
  return (
    (await outcome(runtime.path, args, { cwd: folder, env })) ?? outcome(file, [], { cwd: tmpdir(), env })
  );
}

/** Runs Jest with a module reset and `--detectOpenHandles`, and Vitest in threads and in processes, on each Node. */
export async function tryRunners(runtimes, { parent, registry }) {
  const { folder, env } = project(parent, "runners", registry, "runners");
  const failed = await npmInstall({ folder, env });
  const vitest = fetched(TOOLS.vitest);
  const jest = async (runtime) => {
    const cli = join(root, "node_modules", "jest", "bin", "jest.js");
    const config = JSON.stringify({ rootDir: folder, testMatch: ["**/jest.test.cjs"], transform: {} });
    const report = join(folder, "jest.json");
    const args = [cli, "--config", config, "--detectOpenHandles", "--json", "--outputFile", report];
    const wrong = await outcome(runtime.path, args, { cwd: folder, env });
    if (wrong) return wrong;
    const { openHandles } = JSON.parse(readFileSync(report, "utf8"));
    return openHandles.length === 0 ? undefined : `open handles: ${JSON.stringify(openHandles)}`;
  };
  const under = (pool) => (runtime) => {
    if (vitest.why) return absent(vitest.why);
    const args = [
      vitest.path,
      "run",
      "--globals",
      `--pool=${pool}`,
      "--root",
      folder,
      "runners/vitest.test.mjs",
    ];
    return outcome(runtime.path, args, { cwd: folder, env });
  };
  const guarded = (run) => (runtime) => (runtime.why ? absent(runtime.why) : (failed ?? run(runtime)));
  const nodes = runtimes.filter(({ kind }) => kind === "node");
  return table(nodes, {
    jest: guarded(jest),
    "vitest, threads": guarded(under("threads")),
    "vitest, forks": guarded(under("forks")),
  });
}

/** Installs the package with each package manager, and calls it on the embedded store. */
export async function tryLayouts({ parent, registry }) {
  const laid = [];
  for (const [index, layout] of LAYOUTS.entries()) {
    const place = project(parent, `layout-${index}`, registry);
    const tool = layout.tool && fetched(TOOLS[layout.tool]);
    const failed = tool?.why ? absent(tool.why) : await layOut(layout, tool, place);
    laid.push({ ...layout, place, failed });
  }
  const program = (file) => (layout) =>
    layout.failed
      ? absent("not installed")
      : runProgram(layout.place, THIS_NODE, file, { before: layout.before });
  return table(laid, {
    install: ({ failed }) => failed,
    import: program("import.mjs"),
    require: program("require.cjs"),
    sync: program("sync.mjs"),
    command: program("command.mjs"),
  });
}

/** Checks the error on platforms whose binary is missing, because another platform's is installed or because there is none. */
export async function tryPlatforms({ parent, registry }) {
  const place = project(parent, "platforms", registry);
  const failed = await npmInstall(place);
  const others = [
    "linux-x64-gnu",
    "linux-x64-musl",
    "linux-arm64-gnu",
    "darwin-arm64",
    "win32-x64-msvc",
    "freebsd-x64",
  ];
  const looks = ({ name }) => {
    const env = { ...place.env, LOOKS_LIKE: name };
    const more = { before: ["--require", "./programs/looks-like.cjs"], after: [name] };
    return failed ?? runProgram({ ...place, env }, THIS_NODE, "missing.mjs", more);
  };
  return table(
    others.filter((name) => name !== HERE).map((name) => ({ name })),
    { "no binary": looks },
  );
}

/** Checks the declarations with TypeScript, for consumers in ESM and in CommonJS form. */
export async function tryTypes({ parent, registry }) {
  const place = project(parent, "types", registry, "types");
  const failed = await npmInstall(place);
  // Users install the peers. Here they are those of the adapters' tests.
  const from = { ...installPeers(), "@types/node": join(root, "node_modules") };
  for (const [peer, modules] of Object.entries(from)) {
    const link = join(place.folder, "node_modules", peer);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, peer), link, "junction");
  }
  const compilers = [
    { name: "typescript 7", path: join(root, "node_modules", "typescript", "bin", "tsc") },
    { name: "typescript 5", slow: true, ...fetched(TOOLS["typescript 5"]) },
  ];
  const rows = compilers.flatMap((compiler) =>
    ["node16", "nodenext", "bundler"].map((resolution) => {
      const module = resolution === "bundler" ? "preserve" : resolution;
      const how = ["--module", module, "--moduleResolution", resolution];
      return { name: `${compiler.name}, ${resolution}`, how, compiler };
    }),
  );
  const common = [
    "--noEmit",
    "--strict",
    "--target",
    "es2022",
    "--lib",
    "es2023,esnext.disposable",
    "--types",
    "node",
  ];
  const compile =
    (files, ...more) =>
    ({ compiler, how }) => {
      if (compiler.why) return absent(compiler.why);
      const args = [compiler.path, ...common, ...how, ...more, ...files.map((file) => join("types", file))];
      return failed ?? outcome(THIS_NODE.path, args, { cwd: place.folder, env: place.env });
    };
  // `--skipLibCheck` leaves out errors in the declarations of the peers.
  const peers = compile(["peers.mts", "peers.cts"], "--skipLibCheck");
  // The old compiler takes 20 seconds for these files.
  const once = absent("tried with nodenext");
  return table(rows, {
    library: compile(["esm.mts", "cjs.cts"]),
    "with its peers": (row) => (row.compiler.slow && !row.how.includes("nodenext") ? once : peers(row)),
  });
}

/** Runs linters on the tarball. */
export const tryPackage = ({ file }) => Promise.resolve([["tarball", lintPackage(file)]]);

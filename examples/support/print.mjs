/** How the demo draws: aligned tables without lines, colours only where the terminal has them (NO_COLOR is heeded). */
import Table from "cli-table3";
import pc from "picocolors";

/** CloudFront's price of one API request, reads included. */
const USD_PER_CALL = 0.001;

const SIDES = ["top", "bottom", "left", "right"].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const FRAME = {
  style: { head: [], border: [], "padding-left": 1, "padding-right": 2 },
  chars: Object.fromEntries([...SIDES, "mid", "mid-mid", "middle"].map((name) => [name, ""])),
};

/** What one step changed, from the patterns before and after, and what it was. */
export function printChange(before, after, what) {
  const news = Object.keys(after).filter((path) => !(path in before));
  const gone = Object.keys(before).filter((path) => !(path in after));
  const few = (paths) => (paths.length > 4 ? [...paths.slice(0, 3), `… ${paths.length - 3} more`] : paths);
  const lines = [
    ...few(news).map((path) => pc.green(`+ ${path}`)),
    ...few(gone).map((path) => pc.red(`- ${path}`)),
  ];
  console.log(`   ${lines.join("   ")}   ${pc.dim(`(${what})`)}\n`);
}

/** The live table; its middle is left out where it is long. */
export function printRoutes(rows) {
  const table = new Table({ head: ["live route", "leads to", "id", "metadata"].map(pc.dim), ...FRAME });
  const shown = rows.length > 8 ? [...rows.slice(0, 4), undefined, ...rows.slice(-2)] : rows;
  for (const row of shown) {
    if (row) table.push([row.pattern, row.target ?? "", row.id, row.target ? pc.green("✔") : pc.red("✘")]);
    else table.push([pc.dim(`… ${rows.length - 6} more`), "", "", ""]);
  }
  print(table);
}

/** Name and measurement of each way, as rows. */
export function printCalls(rows) {
  const head = ["", "API calls", "Describe", "GetKey", "UpdateKeys", "refused", "time", "cost"];
  const table = new Table({ head: head.map(pc.dim), colAligns: ["left", ...right(7)], ...FRAME });
  for (const [name, { calls, conflicts, requests, ms }] of rows) {
    const { DescribeKeyValueStore = 0, GetKey = 0, UpdateKeys = 0 } = requests;
    const counts = [calls, DescribeKeyValueStore, GetKey, UpdateKeys, conflicts].map(grouped);
    table.push([
      name === "routesync" ? pc.bold(name) : name,
      ...counts,
      time(ms),
      `$${(calls * USD_PER_CALL).toFixed(3)}`,
    ]);
  }
  print(table);
}

/** Shows `text` until the next call, on a terminal only. */
export function waiting(text) {
  if (process.stdout.isTTY) process.stdout.write(text ? pc.dim(`   ${text}`) : "\r\u001B[K");
}

function print(table) {
  console.log(`${table.toString().replaceAll(/^/gm, "  ").replaceAll(/ +$/gm, "")}\n`);
}

function right(count) {
  return Array.from({ length: count }, () => "right");
}

export function counted(number, what) {
  return `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;
}

export function grouped(number) {
  return number.toLocaleString("en-US");
}

export function time(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

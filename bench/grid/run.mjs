/** Runs the grid. The peers of one cell take turns, so that other work on the machine slows all of them equally. */
import { measure } from "./measure.mjs";

/** The runs of a cell. It is not run again after it has taken {@link ENOUGH_MS}. */
const RUNS = 3;
const ENOUGH_MS = 4_000;

export async function runGrid(server, cells, progress) {
  const results = [];
  for (const group of grouped(cells)) {
    const found = group.map(() => []);
    const open = new Set(group.keys());
    for (let run = 0; run < RUNS && open.size > 0; run++) {
      for (const index of open) {
        found[index].push(await measure(server, group[index]));
        const took = found[index].reduce((sum, { ms }) => sum + ms, 0);
        if (took > ENOUGH_MS) open.delete(index);
      }
    }
    for (const [index, cell] of group.entries()) {
      const { before: _, routes, again: __, ...told } = cell;
      const result = {
        ...told,
        routes: routes ? Object.keys(routes).length : cell.size,
        ...median(found[index]),
      };
      results.push(result);
      progress(result);
    }
  }
  return results;
}

function grouped(cells) {
  const groups = new Map();
  for (const cell of cells) {
    const place = `${cell.axis} ${cell.at}`;
    groups.set(place, [...(groups.get(place) ?? []), cell]);
  }
  return groups.values();
}

/** The run with the median wall time, but with the most failed and lost routes of all runs. */
function median(runs) {
  const middle = runs.toSorted((a, b) => a.ms - b.ms)[runs.length >> 1];
  const most = (name) => Math.max(...runs.map((run) => run[name]));
  return { ...middle, runs: runs.length, failed: most("failed"), lost: most("lost") };
}

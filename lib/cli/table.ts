/** A table without lines, whose columns are as wide as their cells. */
import CliTable from "cli-table3";

const NONE = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Formats rows under a head. Cells may be coloured. */
export function columns(head: string[], rows: string[][]): string {
  const table = new CliTable({
    chars: NONE,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(head, ...rows);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The most requests in flight of one process, read from the source. */
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../crates/core/src/kvs/mod.rs", import.meta.url), "utf8");
export const IN_FLIGHT = Number(/pub const IN_FLIGHT: usize = (\d+);/.exec(source)[1]);

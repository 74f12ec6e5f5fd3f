/** How many requests of one process may be in flight, as the source says. */
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../crates/aws/src/client.rs", import.meta.url), "utf8");
export const IN_FLIGHT = Number(/pub const IN_FLIGHT: usize = (\d+);/.exec(source)[1]);

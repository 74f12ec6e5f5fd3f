/** The code around the user's configuration, as SST has it. The globals come first. */
import { provide } from "./globals";

provide();
const { default: config } = await import("../../../examples/sst/sst.config");

export default await (config as { run(): Promise<unknown> }).run();

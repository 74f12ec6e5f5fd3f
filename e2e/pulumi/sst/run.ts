/** What SST puts around the user's config: its globals first. */
import { provide } from "./globals";

provide();
const { default: config } = await import("../../../examples/sst/sst.config");

export default await (config as { run(): Promise<unknown> }).run();

/** What SST puts around the user's config. */
import "./globals";

import config from "../../../examples/sst/sst.config";

export default await (config as { run(): Promise<unknown> }).run();

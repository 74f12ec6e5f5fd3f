/** The import of routesync, which loads the addon only with the first call. */
// oxlint-disable-next-line import/no-unassigned-import -- importing is what is measured
import "routesync";

export async function run() {}

/** Ours as a program imports it: the addon comes with the first call. */
// oxlint-disable-next-line import/no-unassigned-import -- importing is what is measured
import "routesync";

export async function run() {}

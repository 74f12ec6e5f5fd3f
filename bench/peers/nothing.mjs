/** Node alone, for comparison. */
export async function run() {}

/** Node alone, to compare with. */
export async function run() {}

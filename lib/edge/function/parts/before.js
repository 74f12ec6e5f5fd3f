/** Runs the user's code before routing. It may answer the request. */
async function part(event) {
  const early = await before(event);
  if (early) return early;
}

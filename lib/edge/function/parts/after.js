/** Runs the user's code after routing. It may answer the request. */
async function part(event) {
  const late = await after(event);
  if (late) return late;
}

/** Runs the user's code after routing. It may answer the request, or replace it. */
async function part(event) {
  const late = await after(event);
  return late || event.request;
}

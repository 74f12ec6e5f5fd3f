/**
 * Runs the user's code before routing. What it returns is the function's result. It may be the request, so what a viewer has sent in our headers is
 * removed first.
 */
async function part(event) {
  const sent = event.request.headers;
  sent["x-forwarded-host"] = { value: sent.host.value };
  delete sent["x-routesync-route"];
  const early = await before(event);
  if (early) return early;
}

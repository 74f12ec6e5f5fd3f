/** Leaves a request that no route matches to the distribution's own origin. */
async function part(request, headers) {
  delete headers["x-routesync-route"];
  return request;
}

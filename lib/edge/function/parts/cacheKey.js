/** Adds the route to the key of the cache of sites built with OpenNext, and of SST's Router. */
async function part(headers, route) {
  headers["x-open-next-cache-key"] = { value: route.id_ };
}

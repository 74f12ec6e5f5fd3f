/** Answers which route a request would get, for `?host=…&uri=…`. It returns the route's id and whether its metadata exists. */
async function part(event) {
  const asked = event.request;
  if (asked.uri == "/.well-known/routesync") {
    const given = asked.querystring;
    if (!given.host || !given.uri) return answer(400);
    const askedHost = decodeURIComponent(given.host.value);
    const askedRoute = await find(askedHost.toLowerCase(), decodeURIComponent(given.uri.value));
    const probed = answer(200);
    probed.headers["content-type"] = { value: "application/json" };
    probed.body = JSON.stringify(
      askedRoute ? { id: askedRoute.id_, metadata: !!askedRoute.data_ } : { id: null },
    );
    return probed;
  }
}

/** Sets the headers that servers built with OpenNext expect: the key of the cache, and the place of the viewer. */
async function part(asked, id) {
  const given = asked.headers;
  const bypass = asked.cookies.__prerender_bypass;
  let parts = id + (bypass ? bypass.value : "");
  const names = asked.uri.startsWith("/_next/image")
    ? ["accept"]
    : ["rsc", "next-router-prefetch", "next-router-state-tree", "next-url", "x-prerender-revalidate"];
  names.forEach((name) => {
    if (given[name]) parts += given[name].value;
  });
  given["x-open-next-cache-key"] = { value: require("crypto").createHash("md5").update(parts).digest("hex") };
  ["city", "country", "region", "latitude", "longitude"].forEach((name) => {
    const place = given["cloudfront-viewer-" + (name == "region" ? "country-region" : name)];
    if (place) given["x-open-next-" + name] = place;
  });
}

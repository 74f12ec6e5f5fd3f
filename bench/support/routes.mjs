/** The routes of the benchmarks. */

export const ROUTER = "678a";

/** `size` routes, each to its own target. The last `changed` of them lead to the target of `version`. */
export function routesOf(size, { changed = 0, version = "v2", writer = "" } = {}) {
  return Object.fromEntries(
    Array.from({ length: size }, (_, n) => [
      `/service${writer}/${n}`,
      `https://${n < size - changed ? "v1" : version}-service${writer}-${n}.example`,
    ]),
  );
}

/** `size` routes to one target. The last `changed` of them lead to the target of `version`. */
export function routesToOne(size, { changed = 0, version = "v2" } = {}) {
  return Object.fromEntries(
    Array.from({ length: size }, (_, n) => [
      `/service/${n}`,
      n < size - changed ? "https://all.example" : `https://${version}.example`,
    ]),
  );
}

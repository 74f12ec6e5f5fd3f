/**
 * An edge function that reads the table, from `sst-format` alone and as plainly as it can be said. It runs in a context of
 * its own, like one: it knows `cf`, what JavaScript has, and nothing of this package.
 */
"use strict";
const vm = require("node:vm");

const source = `
async function table(router) {
  let routes = [];
  try {
    routes = JSON.parse(await cf.kvs().get(router + ":routes"));
    if (routes.parts) {
      const chunks = [];
      for (let n = 0; n < routes.parts; n++) chunks.push(await cf.kvs().get(router + ":routes:" + n));
      routes = JSON.parse(chunks.join(""));
    }
  } catch {
    // A read that fails leaves what there is.
  }
  return routes;
}

function hostMatches(host, request) {
  if (host === "") return true;
  if (host === request.split(".").join("\\\\.")) return true;
  return host.includes("*") && new RegExp(host).test("^" + request + "$");
}

function pathMatches(path, uri) {
  if (!uri.startsWith(path)) return false;
  return uri.length === path.length || path.endsWith("/") || uri.charAt(path.length) === "/";
}

async function handler(event, router, older) {
  const { request } = event;
  const host = request.headers.host.value;
  let best;
  (await table(router)).forEach((entry) => {
    const fields = entry.split(",");
    const length = { host: fields[2].length, path: fields[3].length };
    if (best) {
      if (length.host < best.host || (length.host === best.host && length.path < best.path)) return;
      if (older && length.host === best.host && length.path === best.path) return;
    }
    if (!hostMatches(fields[2], host)) return;
    if (!pathMatches(fields[3], request.uri)) return;
    best = { ...length, entry, type: fields[0], ns: fields[1] };
  });
  if (!best) return { entry: null };
  let metadata;
  try {
    metadata = JSON.parse(await cf.kvs().get(best.ns + ":metadata"));
  } catch {
    return { entry: best.entry, missing: true };
  }
  if (metadata.rewrite) {
    request.uri = request.uri.replace(new RegExp(metadata.rewrite.regex), metadata.rewrite.to);
  }
  if (best.type === "url") cf.updateRequestOrigin({ ...metadata.origin, domainName: metadata.host });
  if (best.type === "bucket") cf.updateRequestOrigin({ ...metadata.origin, domainName: metadata.domain });
  return { entry: best.entry, uri: request.uri };
}
`;

/** What CloudFront documents of \`updateRequestOrigin\`: a host name and these numbers, in seconds but for the first. */
const LIMITS = {
  connectionAttempts: [1, 3],
  connectionTimeout: [1, 10],
  readTimeout: [1, 60],
  keepAliveTimeout: [1, 60],
};

function checkOrigin({ domainName, connectionAttempts, timeouts }) {
  if (!/^(?=.{1,253}$)([\w-]{1,63}\.)+[\w-]{1,63}$/.test(domainName))
    throw new Error("no domain name: " + domainName);
  for (const [name, value] of Object.entries({ ...timeouts, connectionAttempts })) {
    const [least, most] = LIMITS[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      throw new Error(name + " is " + value);
  }
}

/** A reader of \`entries\`, a record from key to value: what it does with a request; \`strict\`, as CloudFront checks origins. */
exports.reader = function reader(entries, { strict = false } = {}) {
  let origin = null;
  const cf = {
    kvs: () => ({
      get: async (key) => {
        if (!Object.hasOwn(entries, key)) throw new Error("KeyNotFound");
        return entries[key];
      },
    }),
    updateRequestOrigin: (to) => {
      if (strict) checkOrigin(to);
      origin = to.domainName;
    },
  };
  const context = vm.createContext({ cf });
  const handler = vm.runInContext(`${source}; handler`, context);
  return async (host, uri, { router = "678a", older = false } = {}) => {
    origin = null;
    try {
      const event = { request: { uri, headers: { host: { value: host } } } };
      return { ...(await handler(event, router, older)), origin };
    } catch (error) {
      return { throws: String(error) };
    }
  };
};

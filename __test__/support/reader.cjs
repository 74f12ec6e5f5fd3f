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

function hostMatches(host, request, { everyHostIsAnExpression }) {
  if (host === "") return true;
  if (everyHostIsAnExpression) return new RegExp(host).test("^" + request + "$");
  if (host === request.split(".").join("\\\\.")) return true;
  return host.includes("*") && new RegExp(host).test("^" + request + "$");
}

function pathMatches(path, uri, { paths }) {
  if (!uri.startsWith(path)) return false;
  if (paths === "anywhere" || uri.length === path.length || uri.charAt(path.length) === "/") return true;
  return paths === "segments" ? path.endsWith("/") : path === "/";
}

function firstOfTheSorted(entries, host, uri, habits) {
  return entries
    .map((entry) => ({ entry, fields: entry.split(",") }))
    .sort((a, b) => b.fields[2].length - a.fields[2].length || b.fields[3].length - a.fields[3].length)
    .find(({ fields }) => {
      const right = hostMatches(fields[2], host, habits);
      return right && pathMatches(fields[3], uri, habits);
    });
}

function lastOfTheBest(entries, host, uri, habits) {
  let best;
  entries.forEach((entry) => {
    const fields = entry.split(",");
    const length = { host: fields[2].length, path: fields[3].length };
    if (best && (length.host < best.host || (length.host === best.host && length.path < best.path))) return;
    if (!hostMatches(fields[2], host, habits)) return;
    if (!pathMatches(fields[3], uri, habits)) return;
    best = { ...length, entry, fields };
  });
  return best;
}

async function handler(event, router, habits) {
  const { request } = event;
  const host = request.headers.host.value;
  const choose = habits.sorts ? firstOfTheSorted : lastOfTheBest;
  const best = choose(await table(router), host, request.uri, habits);
  if (!best) return { entry: null };
  const [type, ns] = best.fields;
  let metadata;
  try {
    metadata = JSON.parse(await cf.kvs().get(ns + ":metadata"));
  } catch {
    return { entry: best.entry, missing: true };
  }
  if (metadata.rewrite) {
    request.uri = request.uri.replace(new RegExp(metadata.rewrite.regex), metadata.rewrite.to);
  }
  if (type === "url") cf.updateRequestOrigin({ ...metadata.origin, domainName: metadata.host });
  if (type === "bucket") cf.updateRequestOrigin({ ...metadata.origin, domainName: metadata.domain });
  return { entry: best.entry, uri: request.uri };
}
`;

/** What the edge functions of SST's versions do differently, from the first version that does. */
const VERSIONS = {
  "3.0.0": { everyHostIsAnExpression: true, sorts: true, paths: "anywhere" },
  "3.14.28": { sorts: true, paths: "anywhere" },
  "3.17.2": { paths: "anywhere" },
  "3.18.0": { paths: "itself" },
  "3.18.6": { paths: "segments" },
};
exports.VERSIONS = Object.keys(VERSIONS);

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
  return async (host, uri, { router = "678a", version = "3.18.6" } = {}) => {
    origin = null;
    try {
      const event = { request: { uri, headers: { host: { value: host } } } };
      const read = await handler(event, router, VERSIONS[version]);
      // CloudFront's rule for a function's `uri`.
      if (read.uri !== undefined && !/^\/[^?#]*$/s.test(read.uri)) throw new Error("no URI: " + read.uri);
      return { ...read, origin };
    } catch (error) {
      return { throws: String(error) };
    }
  };
};

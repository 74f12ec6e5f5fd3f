/**
 * A simple edge function that reads the table, written from `sst-format` alone. It runs in a separate context, as an edge function does,
 * with only `cf` and JavaScript's built-in objects, and without code of this package.
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
    // After a failed read, the function continues with the values that it has.
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

/** The differences between the edge functions of SST's versions, each with its first version. */
const VERSIONS = {
  "3.0.0": { everyHostIsAnExpression: true, sorts: true, paths: "anywhere" },
  "3.14.28": { sorts: true, paths: "anywhere" },
  "3.17.2": { paths: "anywhere" },
  "3.18.0": { paths: "itself" },
  "3.18.6": { paths: "segments" },
};
exports.VERSIONS = Object.keys(VERSIONS);

/** CloudFront's documented rules for \`updateRequestOrigin\`: a host name, and these numbers, all but the first in seconds. */
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

/** A reader of \`entries\`, an object with the value of each key. With \`strict\`, it checks origins as CloudFront does. */
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
      // CloudFront's rule for the `uri` that a function returns.
      if (read.uri !== undefined && !/^\/[^?#]*$/s.test(read.uri)) throw new Error("no URI: " + read.uri);
      return { ...read, origin };
    } catch (error) {
      return { throws: String(error) };
    }
  };
};

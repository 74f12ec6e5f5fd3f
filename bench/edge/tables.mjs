/** The tables and the requests for which the edge functions are measured. */
import { ROUTER, routesOf } from "../support/routes.mjs";

export const SIZES = [1, 10, 27, 50, 200, 1_000, 5_000, 20_000];
/** The host of a request for a route without a host. */
const HOST = "d111.cloudfront.net";

const count = (length, make) => Array.from({ length }, (_, n) => make(n));
const toItself = (patterns) =>
  Object.fromEntries(patterns.map((pattern, n) => [pattern, `https://service-${n}.example`]));

const paths = (many) => count(many, (n) => `/service/${n}`);
const wildcards = (many) => count(many, (n) => `*.pr-${n}.example.com/${n % 2 ? "" : "api"}`);
const hosts = (many) => count(many, (n) => `tenant-${n}.example.com/`);
const deep = (many) => count(many, (n) => `/v1/teams/${n % 40}/projects/${n}/keys`);

const site = (n) => ({
  site: {
    s3: { domain: "sites.s3.us-east-1.amazonaws.com", dir: `/site-${n}`, routes: ["/assets"] },
    servers: [
      [`server-${n}.example`, 50.1, 8.7],
      [`far-${n}.example`, 38.9, -77.4],
    ],
  },
  files: ["/index.html", "/about.html", "/docs/index.html", "/assets/app.js"],
});

/** Tables that are not of a single kind of path. Each has a name, routes, and further requests. */
export const MIXED = [
  { name: "1,000 hosts", routes: toItself(hosts(1_000)) },
  {
    name: "1,000 hosts and paths",
    routes: toItself(count(1_000, (n) => `tenant-${n % 200}.example.com/api/${(n / 200) | 0}`)),
  },
  { name: "25 hosts with `*`", routes: toItself([...wildcards(25), ...paths(300)]) },
  { name: "130 hosts with `*`", routes: toItself([...wildcards(130), ...paths(300)]) },
  { name: "1,000 deep paths", routes: toItself(deep(1_000)) },
  {
    name: "60 sites with files",
    routes: Object.fromEntries(count(60, (n) => [`site-${n}.example.com/`, site(n)])),
    requests: count(60, (n) => [
      `site-${n}.example.com`,
      ["/", "/about", "/docs", "/assets/app.js", "/search/all"][n % 5],
    ]),
  },
  {
    name: "200 URLs with rewrite",
    routes: Object.fromEntries(
      count(200, (n) => [
        `/service/${n}`,
        { url: `https://service-${n}.example`, rewrite: { regex: `^/service/${n}/?(.*)$`, to: "/$1" } },
      ]),
    ),
  },
  {
    name: "800 of all kinds",
    routes: {
      ...toItself([...paths(300), ...hosts(200), ...wildcards(10), ...deep(200), "/", "/service"]),
      ...Object.fromEntries(count(40, (n) => [`site-${n}.example.com/`, site(n)])),
      ...Object.fromEntries(
        count(48, (n) => [`/files/${n}`, { bucket: `files-${n}.s3.us-east-1.amazonaws.com` }]),
      ),
    },
  },
];

export const uniform = (size) => ({ name: "paths", routes: routesOf(size) });

const headers = (host) => ({
  host: { value: host },
  accept: { value: "*/*" },
  "cloudfront-viewer-latitude": { value: "48.14" },
  "cloudfront-viewer-longitude": { value: "11.58" },
});

export const event = (host, uri, more = {}) => ({
  version: "1.0",
  context: {
    distributionDomainName: HOST,
    distributionId: "E1",
    eventType: "viewer-request",
    requestId: "r",
  },
  viewer: { ip: "192.0.2.1" },
  request: {
    method: "GET",
    uri,
    querystring: more.querystring ?? {},
    headers: { ...headers(host), ...more.headers },
    cookies: {},
  },
});

/** A request for each route of the table: for its path, or for one below it. */
export function matched({ routes, requests }) {
  if (requests) return requests.map(([host, uri]) => event(host, uri));
  return Object.keys(routes).map((pattern, n) => {
    const slash = pattern.indexOf("/");
    const host = pattern.slice(0, slash).replace("*", "any");
    const path = pattern.slice(slash);
    const below = path.endsWith("/") ? "a/b.js" : "/a/b.js";
    return event(host || HOST, n % 2 ? path : path + below);
  });
}

export const unmatched = () => [
  event("none.example.com", "/none"),
  event("any.none.example.com", "/none/of/these/7"),
];

const MOST_URI = 8_192;
const filled = (start, text) => (start + text.repeat(MOST_URI)).slice(0, MOST_URI);

/** Requests that someone may send to make a function slow. Each has a name. */
export function hostile(of) {
  const [first] = matched(of).map(({ request }) => request);
  const { value: host } = first.headers.host;
  const wide = count(200, (n) => [`x-header-${n}`, { value: "x".repeat(30) }]);
  const query = count(100, (n) => [`a/b/${n}`, { value: "1" }]);
  const at = (name, uri, given = host, more = {}) => ({ name, event: event(given, uri, more) });
  return [
    at("8 KB in one segment", filled("/", "a")),
    at("8 KB of segments below a route", filled(`${first.uri}/`, "x/")),
    at("8 KB of `//`", filled("/", "/")),
    at("8 KB of `%00`", filled("/", "%00")),
    at("8 KB of `..`", filled("/", "../")),
    at("8 KB of `%`", filled("/", "%")),
    at("4,000 characters that are not ASCII", `/${"é".repeat(4_000)}`),
    at("200 headers", first.uri, host, { headers: Object.fromEntries(wide) }),
    at("100 parameters with slashes", first.uri, host, { querystring: Object.fromEntries(query) }),
    at("the host `__proto__`", "/__proto__", "__proto__"),
    at("the host `constructor`", "/constructor", "constructor"),
    at("a host of 253 characters", "/none", "a.".repeat(126) + "a"),
    at("the host `.*`", "/none", ".*"),
    at("a host with a comma", "/none,x", "a,b"),
  ];
}

/** The values of a store in the form in which SST writes them: ids of 4 digits, and chunks of 1,000 bytes. */
export function asSstWrites(keys, rechunk) {
  const ids = new Map();
  const short = (id) => {
    if (!ids.has(id)) ids.set(id, ids.size.toString(16).padStart(4, "0"));
    return ids.get(id);
  };
  const entries = entriesOf(keys).map((entry) => {
    const [type, id, host, path] = entry.split(",");
    return [type, short(id), host, path].join(",");
  });
  const own = Object.entries(keys).flatMap(([key, value]) => {
    const colon = key.indexOf(":");
    const id = key.slice(0, colon);
    return ids.has(id) ? [[short(id) + key.slice(colon), value.trim()]] : [];
  });
  return { ...rechunk(ROUTER, entries), ...Object.fromEntries(own) };
}

export function entriesOf(keys) {
  const root = JSON.parse(keys[`${ROUTER}:routes`]);
  if (!root.parts) return root;
  return JSON.parse(count(root.parts, (n) => keys[`${ROUTER}:routes:${n}`]).join(""));
}

/**
 * The viewer-request function of a distribution: it finds the route of a request in the router's table, and sends the request to the
 * route's target. docs/edge.md describes it, and docs/design.md the stored form that it reads.
 *
 * The runtime is njs. It has no `for…of`, destructuring, spread, default parameters, `?.`, classes, `Map` or `Set`, and no `await` in the
 * arguments of a call. `scripts/build-edge.mjs` shortens and checks this file: properties whose names end in `_` get short names. A
 * statement such as `$block();` is where `edgeFunction` puts an optional part.
 */
import cf from "cloudfront";
const crypto = require("crypto");

/** The router's namespace. `edgeFunction` puts it here. */
const ROUTER = "@router@:";
const store = cf.kvs();

/** Thrown if a page or metadata is missing: the request sees only a part of a change. */
const TORN = {};

async function handler(event) {
  try {
    $probe(event);
    $block(event);
    $before(event);
    const request = event.request;
    const headers = request.headers;
    const host = headers.host.value;
    const route = await find(host.toLowerCase(), request.uri);
    headers["x-forwarded-host"] = { value: host };
    if (!route) {
      $pass(request, headers);
      return answer(404);
    }
    headers["x-routesync-route"] = { value: route.id_ };
    $cacheKey(headers, route);
    await send(request, route);
    $after(event);
    return request;
  } catch (error) {
    console.log(error);
    return answer(503);
  }
}

const answer = (status) => ({ statusCode: status, headers: { "cache-control": { value: "no-store" } } });

/**
 * The value of a key, or `undefined` if there is none. A failed read and a missing key look the same, and `exists` throws if the store cannot
 * be read. Chains of promises cost less than functions that wait.
 */
const get = (key) =>
  store.get(key).catch(() => store.exists(key).then((exists) => (exists ? store.get(key) : undefined)));

/**
 * The best route of a request: the first letter of its type, its id, and its metadata, which is `undefined` if there is none. Returns
 * `undefined` if no route matches.
 */
async function find(host, uri) {
  const table = await get(ROUTER + "routes");
  if (!table) return;
  // The marker is `{"parts":8,"<root>":0}`. A root begins with its version.
  let root = table[0] == "{" && table.split('"')[3];
  for (let former = 0; root && root.startsWith("1 ") && former < 2; former++) {
    const fields = root.trim().split(" ");
    try {
      return await lookUp(fields, host, uri);
    } catch (error) {
      if (error !== TORN) throw error;
    }
    root = await formerRoot(fields[1]);
  }
  return scan(table, host, uri);
}

/** The root of the last epoch that is not `epoch` and of which there is a copy. */
async function formerRoot(epoch) {
  const ledger = await get(ROUTER + "index");
  const old = (ledger && JSON.parse(ledger).old) || [];
  const last = old.filter((one) => one.copied && one.epoch != epoch).pop();
  return last && get(ROUTER + "index:" + last.epoch);
}

/** Finds the route in the index. The fields of the root are: version, epoch, pages, digest, longest, x, p, overflow, anchors, groups. */
async function lookUp(root, host, uri) {
  root.pages_ = {};
  const longest = +root[4];
  // A part of a segment must not be taken for a whole one.
  const path = uri.length > longest + 1 ? uri.slice(0, uri.lastIndexOf("/", longest) + 1) : uri;
  const groups = [];
  if (root[5][0] != "-") add(groups, host, ",", 1);
  const text = "^" + host + "$";
  let any = ",";
  for (let i = 9; i < root.length; i++) {
    const comma = root[i].indexOf(",");
    const own = root[i].slice(comma + 1);
    if (comma) addPattern(groups, text, root[i].slice(0, comma), own);
    else any = own;
  }
  for (let n = 0; n < root[7]; n++) {
    const overflow = await readPage(root, +root[2] + n);
    const page = JSON.parse(overflow);
    for (const pattern in page) addPattern(groups, text, pattern, page[pattern]);
  }
  add(groups, "", any);
  groups.sort((a, b) => b.length_ - a.length_);
  let best;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (best && group.length_ < best.length_) break;
    const found = await lookUpGroup(root, group, path);
    if (found && (!best || (found.path_ - best.path_ || found.rank_ - best.rank_) > 0)) {
      best = found;
      best.length_ = group.length_;
    }
  }
  if (!best) return;
  await load(best);
  if (!best.data_) throw TORN;
  return best;
}

/** Reads the metadata of a route. */
const load = (route) =>
  get(route.id_ + ":metadata").then((metadata) => {
    route.data_ = metadata && JSON.parse(metadata);
    return route;
  });

/**
 * Adds a group. Its length is that of the stored host, which has a further character for each dot and each `*`. `own` has the values of the
 * routes that are not in pages.
 */
const add = (groups, text, own, exact) => {
  const length = text && text.length + text.split(".").length + text.split("*").length;
  groups.push({ text_: text, own_: own, exact_: exact, length_: +length });
};

/** Adds the group of a pattern if the host matches it. `host` is between `^` and `$`. */
const addPattern = (groups, host, pattern, own) => {
  let at = 0;
  // What is after the last `*` refuses most patterns.
  if (
    host.includes(pattern.slice(pattern.lastIndexOf("*") + 1)) &&
    pattern.split("*").every((part) => {
      at = host.indexOf(part, at) + part.length;
      return at >= part.length;
    })
  ) {
    add(groups, pattern, own);
  }
};

/** The best route of one group, and the length of its path and its rank. */
async function lookUpGroup(root, group, path) {
  const start = group.text_;
  // With a slash at the end, and as it would be in JSON: no key of a page has a quote or a backslash.
  const key = JSON.stringify(start + path + "/").slice(1, -1);
  const depth = root[group.exact_ ? 5 : 6];
  const sections = [];
  let prefix = start;
  for (let i = 0, split = true; split; i++) {
    if (i || group.exact_) {
      const hash = crypto
        .createHash("sha256")
        .update(root[1] + prefix)
        .digest("hex");
      // The anchors are tokens of 4 characters, each with a mark after it.
      const token = hash.slice(8, 12);
      let at = root[8].indexOf(token);
      while (at > 0 && at % 5) at = root[8].indexOf(token, at + 1);
      split = i < depth || at >= 0;
      if (i < depth || at < 0 || root[8][at + 4] == "!") {
        sections.unshift([prefix, parseInt(hash.slice(0, 8), 16) % root[2]]);
      }
    }
    if (key.length < prefix.length + 3) break;
    prefix = key.slice(0, key.indexOf("/", prefix.length + 1));
  }
  // From the deepest to the shortest prefix.
  for (let i = 0; i < sections.length; i++) {
    let page = await readPage(root, sections[i][1]);
    page = page.replace("{", ",");
    let end = sections[i][0].length;
    let found;
    for (let at = 0; end < key.length && at >= 0;) {
      // Keys are sorted: of those that begin with a text, the text itself is first.
      const name = ',"' + key.slice(0, end);
      at = page.indexOf(name, at);
      const from = at + name.length + 3;
      if (at >= 0 && page[from - 3] == '"') {
        found = decode(end - start.length, page.slice(from, page.indexOf('"', from)));
      }
      // The next part of the path: a slash, or the text before the next one.
      end = key[end] == "/" ? end + 1 : key.indexOf("/", end);
    }
    if (found) return found;
  }
  const own = group.own_.split(",");
  return own[0] ? decode(1, own[0]) : own[1] && decode(0, own[1]);
}

/** A value of the index: the rank, unless it is 0, the letter of the type, and the id. */
const decode = (path, value) => {
  const rank = parseInt(value) || "";
  const rest = value.slice(("" + rank).length);
  return { path_: path, rank_: +rank, type_: rest[0], id_: rest.slice(1) };
};

/** The text of a page, or a promise of it. */
const readPage = (root, n) =>
  root.pages_[n] ||
  get(ROUTER + "index:" + root[1] + "." + n).then((text) => {
    if (!text) throw TORN;
    return (root.pages_[n] = text);
  });

/** Finds the route in a table without an index. `table` is the table or its marker. */
async function scan(table, host, uri) {
  let entries = JSON.parse(table);
  if (entries.parts) {
    const chunks = [];
    for (let i = 0; i < entries.parts; i++) {
      const chunk = await get(ROUTER + "routes:" + i);
      // A missing chunk is no JSON then.
      chunks.push("" + chunk);
    }
    // njs would keep every intermediate text of an addition.
    entries = JSON.parse(chunks.join(""));
  }
  const escaped = host.split(".").join("\\.");
  let best;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i].split(",");
    const name = entry[2];
    const path = entry[3];
    const end = path.length;
    if (
      uri.startsWith(path) &&
      (uri.length == end || uri[end] == "/" || path[end - 1] == "/") &&
      (!best || (name.length - best[2].length || end - best[3].length) >= 0) &&
      (!name || name == escaped || (name.includes("*") && new RegExp(name).test("^" + host + "$")))
    ) {
      best = entry;
    }
  }
  if (!best) return;
  return load({ type_: { url: "u", bucket: "b", site: "s" }[best[0]], id_: best[1] });
}

/** Sends the request to the target of its route. */
async function send(asked, route) {
  const type = route.type_;
  const data = route.data_;
  if (!data || !"ubs".includes(type)) throw "no target for " + route.id_;
  if (data.rewrite) {
    asked.uri = asked.uri.replace(new RegExp(data.rewrite.regex), data.rewrite.to);
  }
  const origin = data.origin || {};
  if (type == "u") toHost(data.host, origin);
  else if (type == "b") toBucket(asked, data.domain, origin);
  else await toSite(asked, route.id_, data, origin);
}

const toHost = (host, settings) => {
  const http = settings.protocol == "http";
  const parts = host.split(":");
  update(parts[0], settings, settings.originAccessControlConfig || { enabled: false }, {
    port: +parts[1] || (http ? 80 : 443),
    protocol: http ? "http" : "https",
    sslProtocols: ["TLSv1.2"],
  });
};

const toBucket = (asked, domain, settings) => {
  asked.cookies = {};
  update(domain, settings, {
    enabled: true,
    signingBehavior: "always",
    signingProtocol: "sigv4",
    originType: "s3",
  });
};

const update = (domain, settings, access, custom) => {
  const origin = { domainName: domain, originAccessControlConfig: access };
  if (custom) origin.customOriginConfig = custom;
  ["connectionAttempts", "timeouts"].forEach((name) => {
    if (settings[name]) origin[name] = settings[name];
  });
  cf.updateRequestOrigin(origin);
};

/** A site: a file, a folder of the bucket, the page for other paths, the bucket, the image optimizer, or the nearest server. */
async function toSite(asked, id, site, origin) {
  const files = site.s3;
  const base = site.base || "";
  const path = asked.uri.replace(base, "");
  if (files) {
    const file = await findFile(id, path);
    let uri = asked.uri + file;
    if (file == null) {
      uri = site.servers ? "" : asked.uri;
      if (site.custom404 && !site.errorResponseCode) uri = base + site.custom404;
      if ((files.routes || []).some((route) => path.startsWith(route))) {
        uri = asked.uri;
        const last = uri.slice(uri.lastIndexOf("/") + 1);
        if (!last.includes(".")) uri += last ? "/index.html" : "index.html";
      }
    }
    if (uri) {
      asked.uri = files.dir + uri;
      return toBucket(asked, files.domain, {});
    }
  }
  if (site.image && path.startsWith(site.image.route)) return toHost(site.image.host, site.image);
  const query = asked.querystring;
  for (const name in query) {
    // A slash in a name breaks the signature of the request.
    if (name.includes("/")) {
      query[encodeURIComponent(name)] = query[name];
      delete query[name];
    }
  }
  $openNext(asked, id);
  toHost(nearest(site.servers, asked.headers), origin);
}

/** What makes `path` the name of a file of the site. `undefined` if there is none. */
async function findFile(id, path) {
  let name = id + ":";
  try {
    name += decodeURIComponent(path);
  } catch (error) {
    return;
  }
  const endings = name.endsWith("/") ? ["index.html"] : ["", ".html", "/index.html"];
  for (let i = 0; i < endings.length; i++) {
    const key = name + endings[i];
    // A key has at most 512 bytes.
    if (Buffer.from(key).length <= 512) {
      const exists = await store.exists(key);
      if (exists) return endings[i];
    }
  }
}

/** The host of the server that is nearest to the viewer: the one with the smallest angle between the two, so with the largest cosine. */
const nearest = (servers, headers) => {
  const degree = Math.PI / 180;
  // Without these headers, the angles are no numbers, and the first server is used.
  const angle = (name) => (headers["cloudfront-viewer-" + name] || {}).value * degree;
  const from = angle("latitude");
  let best = servers[0];
  let most = -2;
  servers.forEach((server) => {
    const to = server[1] * degree;
    const cosine =
      Math.sin(from) * Math.sin(to) +
      Math.cos(from) * Math.cos(to) * Math.cos(angle("longitude") - server[2] * degree);
    if (cosine > most) {
      most = cosine;
      best = server;
    }
  });
  return best[0];
};

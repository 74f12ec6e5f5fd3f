/**
 * An edge function that reads SST's table as SST's own function does: it reads the whole table for each request and looks at every entry. It
 * is written in the runtime's language, from SST's format alone.
 */
import cf from "cloudfront";

const ROUTER = "@router@";

async function handler(event) {
  const request = event.request;
  const host = request.headers.host.value;
  const entries = await table();
  const best = choose(entries, host, request.uri);
  if (!best) return request;
  request.headers["x-forwarded-host"] = { value: host };
  const text = await cf.kvs().get(best.fields[1] + ":metadata");
  const metadata = JSON.parse(text);
  if (metadata.rewrite) {
    request.uri = request.uri.replace(new RegExp(metadata.rewrite.regex), metadata.rewrite.to);
  }
  if (best.fields[0] == "url") toUrl(metadata.host, metadata.origin);
  if (best.fields[0] == "bucket") toBucket(metadata.domain, metadata.origin);
  if (best.fields[0] == "site") await toSite(request, best.fields[1], metadata);
  return request;
}

async function table() {
  let routes = [];
  try {
    const root = await cf.kvs().get(ROUTER + ":routes");
    routes = JSON.parse(root);
    if (routes.parts) {
      const chunks = [];
      for (let n = 0; n < routes.parts; n++) {
        const chunk = await cf.kvs().get(ROUTER + ":routes:" + n);
        chunks.push(chunk);
      }
      routes = JSON.parse(chunks.join(""));
    }
  } catch (error) {
    // After a failed read, the function continues with the values that it has.
  }
  return routes;
}

/** The entry with the longest host, then the longest path. The last one of several. */
function choose(entries, host, uri) {
  let best;
  entries.forEach((entry) => {
    const fields = entry.split(",");
    const length = { host: fields[2].length, path: fields[3].length };
    if (
      best &&
      (length.host < best.length.host || (length.host == best.length.host && length.path < best.length.path))
    )
      return;
    if (!hostMatches(fields[2], host)) return;
    if (!pathMatches(fields[3], uri)) return;
    best = { length: length, fields: fields };
  });
  return best;
}

function hostMatches(host, asked) {
  if (host == "") return true;
  if (host == asked.split(".").join("\\.")) return true;
  return host.includes("*") && new RegExp(host).test("^" + asked + "$");
}

function pathMatches(path, uri) {
  return (
    uri.startsWith(path) &&
    (uri.length == path.length || uri.charAt(path.length) == "/" || path.endsWith("/"))
  );
}

function toUrl(host, origin) {
  cf.updateRequestOrigin(
    Object.assign({}, origin, {
      domainName: host,
      originAccessControlConfig: { enabled: false },
      customOriginConfig: { port: 443, protocol: "https", sslProtocols: ["TLSv1.2"] },
    }),
  );
}

function toBucket(domain, origin) {
  cf.updateRequestOrigin(
    Object.assign({}, origin, {
      domainName: domain,
      originAccessControlConfig: {
        enabled: true,
        signingBehavior: "always",
        signingProtocol: "sigv4",
        originType: "s3",
      },
    }),
  );
}

/** Sends the request to a file of the site, or to its server. */
async function toSite(request, id, site) {
  const path = decodeURIComponent(request.uri.replace(site.base || "", ""));
  const names = path.endsWith("/") ? ["index.html"] : ["", ".html", "/index.html"];
  for (let i = 0; i < names.length; i++) {
    const exists = await cf.kvs().exists(id + ":" + path + names[i]);
    if (exists) {
      request.uri = site.s3.dir + request.uri + names[i];
      return toBucket(site.s3.domain, {});
    }
  }
  if (site.servers) toUrl(site.servers[0][0], site.origin);
}

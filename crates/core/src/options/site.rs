//! Reads a site target.

use super::cursor::Cursor;
use super::origin::read_access_control;
use crate::error::{Code, Result};
use crate::route::duration::READ;
use crate::route::origin::Timeouts;
use crate::route::site::{ERROR_CODES, Image, S3, Server, SiteOrigin, check_path};
use crate::route::url::about_host;
use crate::route::{BucketDomain, Files, OriginUrl, SiteTarget, Target, Warning, shown};

const SITE_FIELDS: [&str; 7] = ["s3", "servers", "image", "base", "custom404", "errorResponseCode", "origin"];
const SERVER: &str = "a server, [host, latitude, longitude]";

/// Reads the target of the route of `pattern`: `{ site: { s3: { domain, dir?, routes? }, servers?, image?, base?, custom404?,
/// errorResponseCode?, origin? }, files? }`.
///
/// # Errors
/// [`Code::InvalidOption`] for a field that is missing, unknown, of the wrong type or out of range,
/// [`Code::InvalidTarget`] for a site that cannot be served, [`Code::TooLarge`].
pub(super) fn read(at: &Cursor<'_>, site: &Cursor<'_>, pattern: &str) -> Result<(Target, Vec<Warning>)> {
    at.fields(&["site", "files"])?;
    site.fields(&SITE_FIELDS)?;
    let target = SiteTarget {
        base: site.get("base").map(|at| read_folder(&at, "leave it out where there is none")).transpose()?,
        custom404: site.get("custom404").map(|at| read_path(&at)).transpose()?,
        error_response_code: site.get("errorResponseCode").map(|at| at.whole(ERROR_CODES)).transpose()?,
        s3: read_s3(&site.require("s3", "the site's bucket, { domain, dir?, routes? }")?)?,
        image: site.get("image").map(|at| read_image(&at)).transpose()?,
        servers: site.get("servers").map_or_else(|| Ok(Vec::new()), |at| read_servers(&at))?,
        origin: site.get("origin").map(|at| read_origin(&at)).transpose()?,
    };
    let files = at.get("files").map_or_else(|| Ok(Files::default()), |at| read_files(&at))?;
    let hosts = target.image.iter().map(|image| &image.host);
    let hosts = hosts.chain(target.servers.iter().map(|Server(host, ..)| host));
    let mut warnings = BucketDomain::parse(&target.s3.domain, at.place())?.warnings(pattern);
    warnings.extend(hosts.filter_map(|host| about_host(host, pattern)));
    Ok((Target::site(&target, files, at.place())?, warnings))
}

/// Reads the names of a site's files.
pub(super) fn read_files(at: &Cursor<'_>) -> Result<Files> {
    let names = at.texts("an array of files' names, such as [\"/index.html\"]")?;
    Files::new(names.into_iter().map(str::to_owned).collect(), at.place())
}

fn read_s3(at: &Cursor<'_>) -> Result<S3> {
    at.fields(&["domain", "dir", "routes"])?;
    let domain = at.require("domain", "the bucket's domain name")?;
    let dir = match at.get("dir") {
        Some(at) if at.text("a folder of the bucket")?.is_empty() => String::new(),
        Some(at) => read_folder(&at, "leave it out, or empty, for the bucket's root")?,
        None => String::new(),
    };
    let routes = match at.get("routes") {
        Some(at) => at.items("an array of path prefixes")?.iter().map(read_path).collect::<Result<_>>()?,
        None => Vec::new(),
    };
    let text = domain.text("the bucket's domain name, \"<bucket>.s3.<region>.amazonaws.com\"")?;
    Ok(S3 { domain: BucketDomain::parse(text, domain.place())?.as_str().to_owned(), dir, routes })
}

fn read_image(at: &Cursor<'_>) -> Result<Image> {
    at.fields(&["host", "route", "originAccessControl"])?;
    Ok(Image {
        host: read_host(&at.require("host", "the host of the image optimizer")?)?,
        route: read_path(&at.require("route", "the prefix of the image paths")?)?,
        access_control: at.get("originAccessControl").map(|at| read_access_control(&at)).transpose()?,
    })
}

fn read_servers(at: &Cursor<'_>) -> Result<Vec<Server>> {
    let items = at.items("an array of servers, [host, latitude, longitude]")?;
    if items.is_empty() {
        // SST's reader uses the first server without a check that one exists.
        return Err(at.expected("one server at least; leave `servers` out for a site without"));
    }
    items
        .iter()
        .map(|at| match &at.items(SERVER)?[..] {
            [host, lat, lon] => {
                Ok(Server(read_host(host)?, lat.number(-90.0, 90.0)?, lon.number(-180.0, 180.0)?))
            }
            _ => Err(at.expected(SERVER)),
        })
        .collect()
}

fn read_origin(at: &Cursor<'_>) -> Result<SiteOrigin> {
    at.fields(&["readTimeout", "originAccessControl"])?;
    Ok(SiteOrigin {
        timeouts: at.get("readTimeout").map(|at| at.duration(&READ).map(Timeouts::read)).transpose()?,
        access_control: at.get("originAccessControl").map(|at| read_access_control(&at)).transpose()?,
    })
}

/// Reads a host that the edge function reaches by HTTPS: a name without scheme and port.
fn read_host(at: &Cursor<'_>) -> Result<String> {
    let text = at.text("a host name, such as \"abc123.lambda-url.us-east-1.on.aws\"")?;
    let wrong = |why: &str| {
        Err(at.reject(Code::InvalidTarget, format!("{} {why}; write the host's name alone", shown(text))))
    };
    if text.contains(['/', ':', '@', '?', '#']) {
        return wrong("is more than a host");
    }
    let url = OriginUrl::parse(&format!("https://{text}"), at.place())?;
    Ok(url.host().to_owned())
}

fn read_path(at: &Cursor<'_>) -> Result<String> {
    let text = at.text("a path, such as \"/404.html\"")?;
    match check_path(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(why) => Err(at.reject(Code::InvalidTarget, format!("{} {why}", shown(text)))),
    }
}

/// Reads a path to which a path that begins with `/` is appended.
fn read_folder(at: &Cursor<'_>, root: &str) -> Result<String> {
    let text = read_path(at)?;
    if text == "/" {
        return Err(at.reject(Code::InvalidTarget, format!("\"/\" is no folder: {root}")));
    }
    if text.ends_with('/') {
        return Err(at.reject(
            Code::InvalidTarget,
            format!("{} ends with `/`, which the path that follows brings along; remove it", shown(&text)),
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::options::target;

    fn read(value: &Value) -> Result<Target> {
        let options = json!({ "routes": { "/docs": value } });
        target::read(&Cursor::root(&options).get("routes").unwrap().get("/docs").unwrap(), "/docs")
            .map(|(target, _)| target)
    }

    #[test]
    fn every_field_of_the_format_can_be_said() {
        let least = read(&json!({"site": {"s3": {"domain": "b.s3.us-east-1.amazonaws.com"}}})).unwrap();
        assert_eq!(
            least.metadata(),
            r#"{"s3":{"domain":"b.s3.us-east-1.amazonaws.com","dir":"","routes":[]}}"#
        );
        assert_eq!((least.kind().as_str(), least.files().unwrap().names().len()), ("site", 0));
        let all = read(&json!({
            "files": ["/index.html", "/a b/é.js"],
            "site": {
                "origin": {"originAccessControl": {}, "readTimeout": "20 seconds"},
                "servers": [["A.lambda-url.us-east-1.on.aws", 38.99, -77.45], ["b.example", 1, 2.0]],
                "image": {"route": "/_next/image", "host": "i.example", "originAccessControl": {"enabled": false}},
                "s3": {"routes": ["/_astro", "/x/"], "dir": "/v1", "domain": "B.s3.us-east-1.amazonaws.com"},
                "errorResponseCode": 404,
                "custom404": "/404.html",
                "base": "/docs",
            },
        }))
        .unwrap();
        assert_eq!(
            all.metadata(),
            r#"{"base":"/docs","custom404":"/404.html","errorResponseCode":404,"s3":{"domain":"b.s3.us-east-1.amazonaws.com","dir":"/v1","routes":["/_astro","/x/"]},"image":{"host":"i.example","route":"/_next/image","originAccessControlConfig":{"enabled":false}},"servers":[["a.lambda-url.us-east-1.on.aws",38.99,-77.45],["b.example",1,2]],"origin":{"timeouts":{"readTimeout":20},"originAccessControlConfig":{"enabled":true,"signingBehavior":"always","signingProtocol":"sigv4","originType":"lambda"}}}"#
        );
        assert_eq!(all.files().unwrap().names(), ["/a b/é.js", "/index.html"]);
        let reference = read(&json!({"namespace": "f2de", "type": "site"})).unwrap();
        assert_eq!((reference.refers_to(), reference.metadata()), (Some("f2de"), ""));
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_its_place() {
        use Code::{InvalidOption, InvalidTarget};
        let s3 = || json!({"domain": "b.s3.us-east-1.amazonaws.com"});
        let site = |field: &str, value: Value| json!({"site": {"s3": s3(), field: value}});
        let bucket = |field: &str, value: Value| json!({"site": {"s3": {"domain": "b.c", field: value}}});
        for (value, code, path, words) in [
            (json!({"site": {}}), InvalidOption, ".site.s3", "missing"),
            (json!({"site": {"s3": {}}}), InvalidOption, ".site.s3.domain", "missing"),
            (json!({"site": "b.c"}), InvalidOption, ".site", "an object"),
            (json!({"site": {"s3": s3()}, "url": "https://h"}), InvalidOption, "", "both `url` and `site`"),
            (json!({"site": {"s3": s3()}, "file": []}), InvalidOption, ".file", "did you mean `files`?"),
            (json!({"site": {"s3": s3()}, "files": "/a"}), InvalidOption, ".files", "an array"),
            (json!({"site": {"s3": s3()}, "files": ["/a", "/a"]}), InvalidTarget, ".files[1]", "twice"),
            (bucket("domain", json!("b")), InvalidTarget, ".site.s3.domain", "regional domain"),
            (bucket("dir", json!("v1")), InvalidTarget, ".site.s3.dir", "begin with `/`"),
            (bucket("dir", json!("/")), InvalidTarget, ".site.s3.dir", "no folder"),
            (bucket("dir", json!("/v1/")), InvalidTarget, ".site.s3.dir", "ends with `/`"),
            (bucket("routes", json!(["/a", "b"])), InvalidTarget, ".site.s3.routes[1]", "begin with `/`"),
            (site("base", json!("/")), InvalidTarget, ".site.base", "leave it out"),
            (site("base", json!("docs")), InvalidTarget, ".site.base", "begin with `/`"),
            (site("base", json!("/é")), InvalidTarget, ".site.base", "percent-encode"),
            (site("custom404", json!("404.html")), InvalidTarget, ".site.custom404", "begin with `/`"),
            (site("custom404", json!("/a?b")), InvalidTarget, ".site.custom404", "query"),
            (site("errorResponseCode", json!("404")), InvalidOption, ".site.errorResponseCode", "200 to 599"),
            (site("errorResponseCode", json!(99)), InvalidOption, ".site.errorResponseCode", "200 to 599"),
            (site("servers", json!([])), InvalidOption, ".site.servers", "one server at least"),
            (site("servers", json!(["h"])), InvalidOption, ".site.servers[0]", "[host, latitude, longitude]"),
            (site("servers", json!([["h", 1]])), InvalidOption, ".site.servers[0]", "[host, latitude"),
            (site("servers", json!([["h", 91, 0]])), InvalidOption, ".site.servers[0][1]", "-90 to 90"),
            (site("servers", json!([["h", 0, -181]])), InvalidOption, ".site.servers[0][2]", "-180 to 180"),
            (site("servers", json!([["h", "1", 0]])), InvalidOption, ".site.servers[0][1]", "-90 to 90"),
            (site("servers", json!([["https://h", 0, 0]])), InvalidTarget, ".site.servers[0][0]", "host"),
            (site("image", json!({"host": "h"})), InvalidOption, ".site.image.route", "missing"),
            (site("image", json!({"host": "h:1", "route": "/"})), InvalidTarget, ".site.image.host", "host"),
            (
                site("origin", json!({"readTimeout": 61})),
                InvalidOption,
                ".site.origin.readTimeout",
                "1 to 60",
            ),
            (
                bucket("routes", json!(vec![format!("/{}", "x".repeat(90)); 11])),
                InvalidTarget,
                "",
                "site.s3.routes (1034 bytes)",
            ),
            (json!({"namespace": "f2de"}), InvalidOption, ".type", "missing"),
            (json!({"namespace": "f2de", "type": "page"}), InvalidOption, ".type", "\"site\" or"),
            (json!({"namespace": "a,b", "type": "url"}), InvalidOption, ".namespace", "letters, digits"),
            (json!({"namespace": "", "type": "url"}), InvalidOption, ".namespace", "letters, digits"),
            (json!({"namespace": "abcdef.1234567", "type": "url"}), InvalidTarget, ".namespace", "own id"),
            (json!({"namespace": "f2de", "type": "url", "files": []}), InvalidOption, ".files", "unknown"),
        ] {
            let error = read(&value).unwrap_err();
            assert_eq!(error.code, code, "{value}: {error}");
            assert_eq!(error.details.path, Some(format!(r#"routes["/docs"]{path}"#)), "{error}");
            assert!(error.message.contains(words), "{value}: {error}");
        }
    }
}

//! Calls in few words.

use std::time::Duration;

use routesync_core::options::{Call, OwnerName, Previous, RouterId, Scope};
use routesync_core::route::site::S3;
use routesync_core::route::{
    BucketDomain, BucketTarget, EntryPattern, Files, OriginUrl, Route, SiteTarget, Target, TargetKind,
    UrlTarget,
};

/// The target of `https://<host>`.
pub fn url(host: &str) -> Target {
    let url = OriginUrl::parse(&format!("https://{host}"), "url").unwrap();
    Target::url(&UrlTarget::new(url), "url").unwrap()
}

/// The target of the bucket `<name>.s3.eu-west-1.amazonaws.com`.
pub fn bucket(name: &str) -> Target {
    let domain = BucketDomain::parse(&format!("{name}.s3.eu-west-1.amazonaws.com"), "bucket").unwrap();
    let target = BucketTarget { domain, rewrite: None, connection_attempts: None, connection_timeout: None };
    Target::bucket(&target, "bucket").unwrap()
}

/// The site whose files are `names`; `version` tells its metadata from others.
pub fn site(version: usize, names: &[&str]) -> Target {
    let target = SiteTarget {
        base: None,
        custom404: None,
        error_response_code: None,
        s3: S3 {
            domain: "b.s3.eu-west-1.amazonaws.com".to_owned(),
            dir: format!("/v{version}"),
            routes: Vec::new(),
        },
        image: None,
        servers: Vec::new(),
        origin: None,
    };
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Target::site(&target, Files::new(names, "files").unwrap(), "site").unwrap()
}

/// What somebody else has put into `namespace`.
pub fn namespace(kind: TargetKind, namespace: &str) -> Target {
    Target::namespace(kind, namespace.to_owned())
}

/// The route of `pattern` to `target`.
pub fn route(pattern: &str, target: Target) -> Route {
    Route::new(pattern, target, "routes").unwrap().0
}

/// A whole set.
pub fn whole(router: &str, owner: &str, set: Vec<Route>) -> Call {
    let mut call =
        Call::new(RouterId::parse(router).unwrap(), OwnerName::parse(owner).unwrap(), set).unwrap();
    call.safety.allow_empty = true;
    call
}

/// A part's set, `previous` being its last report.
pub fn part<'p>(
    router: &str,
    owner: &str,
    part: &str,
    previous: impl IntoIterator<Item = (&'p str, &'p str)>,
    set: Vec<Route>,
) -> Call {
    let previous = previous.into_iter().map(|(pattern, id)| Previous {
        pattern: pattern.to_owned(),
        entry: EntryPattern::parse(pattern, "previous").unwrap().0,
        id: id.to_owned(),
        files: None,
    });
    let scope = Scope::Previous(previous.collect());
    Call { part: Some(part.to_owned()), scope, ..whole(router, owner, set) }
}

/// `call` with another grace.
pub fn grace(seconds: u64, call: Call) -> Call {
    Call { grace: Duration::from_secs(seconds), ..call }
}

//! The server's handling of requests between hyper and the stores, for the fuzzer.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Uri};

use super::call::Ask;
use super::data::StoreData;
use super::{sign, wire};

/// Reads `data` as a request (a line of method and URI, lines of headers, an empty line, the body), and applies it.
pub fn fuzz(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let Some(line) = parts.next() else { return };
    let mut words = line.splitn(2, |byte| *byte == b' ');
    let method = words.next().and_then(|word| Method::from_bytes(word).ok());
    let uri = words.next().and_then(|word| Uri::try_from(word).ok());
    let (Some(method), Some(uri)) = (method, uri) else { return };
    let mut headers = HeaderMap::new();
    let mut rest = parts.next().unwrap_or_default();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&line[colon + 1..]))
        {
            headers.insert(name, value);
        }
    }
    let _ = sign::check(&headers);
    let Ok(Some(route)) = wire::route(&method, &uri) else { return };
    let Ok(call) = wire::call(route, &headers, rest) else { return };
    let mut store = StoreData::new("fuzz".to_owned(), 1, 0);
    let etag = store.etag(store.now());
    if let Ask::Update(change) = call.ask {
        let before = store.now().entries.clone();
        if store.update(&etag, change, 1).is_err() {
            assert_eq!(store.now().entries, before, "a refused write changes nothing");
        }
    }
}

//! AWS's rest-json protocol: converts method, path and body to a [`Call`], and an [`Answer`] or [`Refusal`] to status, headers
//! and body.
//!
//! ARN and key are one path segment each, and are percent-decoded exactly once. This module must not know stores,
//! connections or faults.

use hyper::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Ask, Call, Change, Operation, Refusal};
use super::state::{Answer, Counts};
use routesync_core::kvs::StoreArn;

/// Maximum bytes of a request's body: 3 MB, a quota of the service.
const REQUEST_BYTES: usize = 3 * 1_024 * 1_024;
/// The default of `MaxResults`.
const PAGE: usize = 10;
/// The largest `MaxResults`.
const MAX_PAGE: usize = 50;

/// The operation and the path of a request, before its body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    operation: Operation,
    arn: String,
    key: String,
    query: Vec<(String, String)>,
}

/// Reads method and URI. Returns `None` if they are well-formed, but not an operation.
pub fn route(method: &Method, uri: &Uri) -> Result<Option<Route>, Refusal> {
    let segments = uri.path().split('/').skip(1).map(decode).collect::<Result<Vec<String>, Refusal>>()?;
    let query = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let query = query
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    // The raw segments are matched, since an encoded segment must not match a word of a path.
    let words: Vec<&str> = uri.path().split('/').skip(1).collect();
    let operation = match (&words[..], method.as_str()) {
        (["key-value-stores", _], "GET") => Operation::DescribeKeyValueStore,
        (["key-value-stores", _, "keys"], "GET") => Operation::ListKeys,
        (["key-value-stores", _, "keys"], "POST") => Operation::UpdateKeys,
        (["key-value-stores", _, "keys", _], "GET") => Operation::GetKey,
        (["key-value-stores", _, "keys", _], "PUT") => Operation::PutKey,
        (["key-value-stores", _, "keys", _], "DELETE") => Operation::DeleteKey,
        _ => return Ok(None),
    };
    let mut segments = segments.into_iter();
    let arn = segments.nth(1).unwrap_or_default();
    let key = segments.nth(1).unwrap_or_default();
    if StoreArn::parse(&arn).is_err() {
        return Err(Refusal::validation(format!("{arn:?} is not the ARN of a KeyValueStore")));
    }
    if words.len() == 4 && key.is_empty() {
        return Err(Refusal::validation("A key must have at least one character"));
    }
    Ok(Some(Route { operation, arn, key, query }))
}

/// Reads the rest of the request.
pub fn call(route: Route, headers: &HeaderMap, body: &[u8]) -> Result<Call, Refusal> {
    let Route { operation, arn, key, query } = route;
    if body.len() > REQUEST_BYTES {
        return Err(Refusal::quota("Maximum size of a single API request"));
    }
    let if_match = match headers.get("if-match").map(|value| value.to_str()) {
        None => None,
        Some(Ok(etag)) => Some(etag.to_owned()),
        Some(Err(_)) => return Err(Refusal::validation("The header If-Match is not text")),
    };
    let ask = match operation {
        Operation::DescribeKeyValueStore => Ask::Describe,
        Operation::GetKey => Ask::Get { key },
        Operation::DeleteKey => Ask::Delete { key },
        Operation::ListKeys => list(query)?,
        Operation::PutKey => {
            let PutBody { value } = json(body)?;
            Ask::Put { key, value }
        }
        Operation::UpdateKeys => {
            let UpdateBody { puts, deletes } = json(body)?;
            Ask::Update(Change {
                puts: puts.unwrap_or_default().into_iter().map(|put| (put.key, put.value)).collect(),
                deletes: deletes.unwrap_or_default().into_iter().map(|delete| delete.key).collect(),
            })
        }
    };
    Ok(Call { arn, if_match, ask })
}

fn list(query: Vec<(String, String)>) -> Result<Ask, Refusal> {
    let (mut max, mut token) = (PAGE, None);
    for (name, value) in query {
        match name.as_str() {
            "MaxResults" => {
                max = value
                    .parse()
                    .ok()
                    .filter(|max| (1..=MAX_PAGE).contains(max))
                    .ok_or_else(|| Refusal::validation("MaxResults must be a number between 1 and 50"))?;
            }
            "NextToken" => token = Some(value),
            _ => {}
        }
    }
    Ok(Ask::List { max, token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutBody {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateBody {
    puts: Option<Vec<PutItem>>,
    deletes: Option<Vec<DeleteItem>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutItem {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteItem {
    key: String,
}

fn json<'body, T: Deserialize<'body>>(body: &'body [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::serialization(format!("The body is malformed: {error}")))
}

/// Percent-decodes once. A `%` that is not an escape is rejected, since the client has forgotten to encode the text.
fn decode(text: &str) -> Result<String, Refusal> {
    let bytes = text.as_bytes();
    let escape =
        |at: usize| bytes.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && !escape(at)) {
        return Err(Refusal::validation("The URI has a % without two hexadecimal digits after it"));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Refusal::validation("The URI is not UTF-8 after decoding"))
}

/// The HTTP answer, without the request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// HTTP status.
    pub status: u16,
    /// `x-amzn-ErrorType`.
    pub error: Option<&'static str>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Content-Type`.
    pub content: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Converts a store's answer to HTTP.
pub fn render(answered: Result<Answer, Refusal>) -> Sent {
    match answered {
        Ok(answer) => Sent {
            status: 200,
            error: None,
            etag: answer.etag().map(str::to_owned),
            content: "application/json",
            body: body(answer).to_string().into_bytes(),
        },
        Err(refusal) => Sent {
            status: refusal.status,
            error: Some(refusal.kind),
            etag: None,
            content: "application/json",
            body: json!({ "Message": refusal.message }).to_string().into_bytes(),
        },
    }
}

/// An HTML page, as from a proxy between a client and the service.
pub fn page_of_html(status: u16, title: &str) -> Sent {
    let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
    Sent { status, error: None, etag: None, content: "text/html", body: body.into_bytes() }
}

fn body(answer: Answer) -> Value {
    let counted = |Counts { items, bytes }| json!({ "ItemCount": items, "TotalSizeInBytes": bytes });
    match answer {
        Answer::Described { counts, arn, created_ms, modified_ms, status, .. } => {
            let mut body = counted(counts);
            body["KvsARN"] = arn.into();
            body["Created"] = seconds(created_ms);
            body["LastModified"] = seconds(modified_ms);
            body["Status"] = status.into();
            body
        }
        Answer::Got { key, value, counts } => {
            let mut body = counted(counts);
            body["Key"] = key.into();
            body["Value"] = value.into();
            body
        }
        Answer::Written { counts, .. } => counted(counts),
        Answer::Listed { items, next } => {
            let items: Vec<Value> =
                items.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            let mut body = json!({ "Items": items });
            if let Some(next) = next {
                body["NextToken"] = next.into();
            }
            body
        }
    }
}

/// Converts milliseconds to seconds since 1970, as in the protocol.
fn seconds(ms: u64) -> Value {
    std::time::Duration::from_millis(ms).as_secs_f64().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn%3Aaws%3Acloudfront%3A%3A123456789012%3Akey-value-store%2Fid";

    fn at(method: &Method, rest: &str) -> Result<Option<Route>, Refusal> {
        route(method, &format!("/key-value-stores/{ARN}{rest}").parse().unwrap())
    }

    fn asked(method: &Method, rest: &str, body: &str) -> Result<Ask, Refusal> {
        call(at(method, rest)?.unwrap(), &HeaderMap::new(), body.as_bytes()).map(|call| call.ask)
    }

    #[test]
    fn segments_are_decoded_exactly_once() {
        for (sent, key) in [("a%3Ab%2Fc", "a:b/c"), ("a%2520b", "a%20b"), ("%C3%A9", "é"), ("a+b", "a+b")] {
            assert_eq!(asked(&Method::GET, &format!("/keys/{sent}"), ""), Ok(Ask::Get { key: key.into() }));
        }
        for bad in ["%", "%2", "%zz", "a%2", "%FF"] {
            assert_eq!(at(&Method::GET, &format!("/keys/{bad}")).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn what_is_no_operation_is_told_from_what_is_malformed() {
        for (method, rest) in [(Method::GET, "/keys/a/b"), (Method::PATCH, ""), (Method::GET, "/other")] {
            assert_eq!(at(&method, rest), Ok(None));
        }
        assert_eq!(at(&Method::GET, "/keys/").unwrap_err().status, 400);
        let uri = "/key-value-stores/arn%3Aaws%3As3%3A%3A%3Abucket".parse().unwrap();
        assert_eq!(route(&Method::GET, &uri).unwrap_err().status, 400);
    }

    #[test]
    fn pages_have_ten_keys_unless_asked_otherwise() {
        let max = |query: &str| match asked(&Method::GET, &format!("/keys{query}"), "") {
            Ok(Ask::List { max, .. }) => Some(max),
            _ => None,
        };
        assert_eq!([max(""), max("?MaxResults=50"), max("?MaxResults=1&x")], [Some(10), Some(50), Some(1)]);
        assert_eq!([max("?MaxResults=0"), max("?MaxResults=51"), max("?MaxResults=x")], [None; 3]);
    }

    #[test]
    fn bodies_that_are_not_what_they_should_be_are_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_unknown = format!(r#"{{"Puts":{deep}}}"#);
        for bad in ["", "null", "[]", "{", r#"{"Puts":[{"Key":"a"}]}"#, r#"{"Puts":[{"Key":1,"Value":""}]}"#]
        {
            assert_eq!(asked(&Method::POST, "/keys", bad).unwrap_err().status, 400, "{bad}");
        }
        for bad in [&deep, &deep_unknown] {
            assert_eq!(asked(&Method::POST, "/keys", bad).unwrap_err().status, 400);
        }
        let route = at(&Method::POST, "/keys").unwrap().unwrap();
        assert_eq!(
            call(route, &HeaderMap::new(), b"{\"Deletes\":[{\"Key\":\"\xFF\"}]}").unwrap_err().status,
            400
        );
        let unknown = asked(&Method::POST, "/keys", r#"{"Deletes":null,"Other":[1,{"a":2}]}"#);
        assert_eq!(unknown, Ok(Ask::Update(Change::default())), "members this version has no word for");
    }
}

//! A client of plain bytes: it can send what no library would.

use std::fmt::Write;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use routesync_local::{LocalOptions, LocalStore};

const AUTHORIZATION: &str = "AWS4-ECDSA-P256-SHA256 Credential=TEST/20260101/cloudfront-keyvaluestore/aws4_request, SignedHeaders=host;x-amz-region-set, Signature=00ff";

/// No answer of a local server takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn start(options: &str) -> LocalStore {
    LocalStore::start(LocalOptions::from_json(options).unwrap()).await.unwrap()
}

pub fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

pub struct Client {
    pub stream: TcpStream,
    pub arn: String,
    pub authorization: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub json: Value,
    /// Whether the whole body arrived.
    pub whole: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }

    #[track_caller]
    pub fn is(&self, status: u16, kind: &str, message: &str) {
        assert_eq!((self.status, self.header("x-amzn-errortype")), (status, Some(kind)), "{self:?}");
        assert!(self.json["Message"].as_str().unwrap().contains(message), "{self:?}");
        assert!(self.header("x-amzn-requestid").is_some());
    }
}

impl Client {
    pub async fn to(store: &LocalStore) -> Self {
        let address = store.endpoint().replace("http://", "");
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            arn: store.arn().to_owned(),
            authorization: AUTHORIZATION.to_owned(),
        }
    }

    pub async fn describe(&mut self) -> Answer {
        self.send("GET", &self.path(""), &[], b"").await
    }

    pub async fn list(&mut self, query: &str) -> Answer {
        self.send("GET", &self.path(&format!("/keys{query}")), &[], b"").await
    }

    pub async fn get(&mut self, key: &str) -> Answer {
        self.send("GET", &self.path(&format!("/keys/{}", encode(key))), &[], b"").await
    }

    pub async fn put(&mut self, key: &str, etag: &str, value: &str) -> Answer {
        let body = json!({ "Value": value }).to_string();
        let path = self.path(&format!("/keys/{}", encode(key)));
        self.send("PUT", &path, &[("If-Match", etag)], body.as_bytes()).await
    }

    pub async fn delete(&mut self, key: &str, etag: &str) -> Answer {
        let path = self.path(&format!("/keys/{}", encode(key)));
        self.send("DELETE", &path, &[("If-Match", etag)], b"").await
    }

    pub async fn update(&mut self, etag: &str, body: &Value) -> Answer {
        self.send("POST", &self.path("/keys"), &[("If-Match", etag)], body.to_string().as_bytes()).await
    }

    pub async fn update_without_etag(&mut self, body: &Value) -> Answer {
        self.send("POST", &self.path("/keys"), &[], body.to_string().as_bytes()).await
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/key-value-stores/{}{rest}", encode(&self.arn))
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).await.expect("an answer")
    }

    pub async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n", body.len());
        if !self.authorization.is_empty() {
            write!(request, "authorization: {}\r\nx-amz-region-set: *\r\n", self.authorization).unwrap();
        }
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        request += "\r\n";
        self.raw(&[request.as_bytes(), body].concat()).await
    }

    /// Sends bytes as they are, and reads one answer; `None` if the connection ends without one.
    pub async fn raw(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.stream.write_all(bytes).await.ok()?;
        self.read().await
    }

    pub async fn read(&mut self) -> Option<Answer> {
        tokio::time::timeout(PATIENCE, self.read_one()).await.expect("an answer in time")
    }

    async fn read_one(&mut self) -> Option<Answer> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if self.stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let mut lines = text.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, json: Value::Null, whole: true };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = bytes.split_off(head + 4);
        while body.len() < length {
            if self.stream.read_buf(&mut body).await.unwrap_or(0) == 0 {
                answer.whole = false;
                break;
            }
        }
        answer.json = serde_json::from_slice(&body).unwrap_or_default();
        Some(answer)
    }
}

//! Sends an answer as HTTP, or carries out a fault instead. This module must not know stores, and does not choose faults.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{Response, StatusCode};

use super::call::Refusal;
use super::faults::How;
use super::wire::{self, Sent};

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub struct Cut;

/// The effect of a fault on the answer.
pub enum Wrong {
    /// The answer is sent.
    Not,
    /// Another answer is sent.
    Instead(Sent),
    /// Half of the answer is sent.
    Truncated,
    /// Nothing is sent, and the connection stays open.
    Hang,
    /// Nothing is sent, and the connection is reset.
    Reset,
}

/// The effect of `how` on the answer.
pub fn goes_wrong(how: How, stale_as_409: bool) -> Wrong {
    let refused = |refusal| Wrong::Instead(wire::render(Err(refusal)));
    match how {
        How::None | How::Lag => Wrong::Not,
        How::Throttle => refused(Refusal::throttled()),
        How::TooManyRequests => {
            Wrong::Instead(Sent { body: Vec::new(), ..wire::page_of_html(429, "Too Many Requests") })
        }
        How::Internal => refused(Refusal::internal("Internal server error")),
        How::BadGateway => Wrong::Instead(wire::page_of_html(502, "Bad Gateway")),
        How::Unavailable => Wrong::Instead(wire::page_of_html(503, "Service Unavailable")),
        How::GatewayTimeout => Wrong::Instead(wire::page_of_html(504, "Gateway Timeout")),
        How::NotJson => Wrong::Instead(wire::page_of_html(200, "Please sign in")),
        How::Stale => refused(Refusal::stale(stale_as_409)),
        How::NotReady => refused(Refusal::wrong_state()),
        How::Denied => refused(Refusal::denied()),
        How::NotFound => refused(Refusal::no_key("(on purpose)")),
        How::Truncate => Wrong::Truncated,
        How::Hang => Wrong::Hang,
        How::Reset => Wrong::Reset,
    }
}

/// The answer as HTTP, or its first half.
pub fn reply(sent: Sent, truncated: bool) -> Response<Reply> {
    let length = sent.body.len() as u64;
    let mut response = Response::new(Reply { body: sent.body.into(), length, cut: truncated, steps: 0 });
    *response.status_mut() = StatusCode::from_u16(sent.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(sent.content));
    if let Some(error) = sent.error {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error));
    }
    if sent.content == "application/json" {
        let id = format!("{:032x}", fastrand::u128(..));
        let id = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert("x-amzn-requestid", id);
        }
    }
    if let Some(Ok(etag)) = sent.etag.map(HeaderValue::try_from) {
        headers.insert(ETAG, etag);
    }
    response
}

/// A body that may end half-way.
pub struct Reply {
    body: Bytes,
    length: u64,
    cut: bool,
    steps: u8,
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        self.steps = self.steps.saturating_add(1);
        match (self.cut, self.steps) {
            (false, _) if self.body.is_empty() => Poll::Ready(None),
            (false, _) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.body))))),
            (true, 1) => {
                let half = self.body.len() / 2;
                Poll::Ready(Some(Ok(Frame::data(self.body.split_to(half)))))
            }
            // Yield once, so that the first half is sent before the connection breaks.
            (true, 2) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (true, _) => Poll::Ready(Some(Err(Cut))),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.cut && self.body.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.cut { self.length } else { self.body.len() as u64 })
    }
}

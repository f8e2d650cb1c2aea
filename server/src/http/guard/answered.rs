//! The body of a reply on its way out: what is logged while it is made is about its request, and when it has ended the
//! request is written to the log of requests.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tracing::Span;

use crate::http::error::REQUEST_ID;
use crate::log::access::{AccessLog, Request};

/// A body that belongs to a request.
pub struct Answered {
    body: Body,
    id: String,
    span: Span,
    ending: Option<Ending>,
}

/// What is written down at the end.
pub struct Ending {
    /// Where it is written to.
    pub log: Arc<AccessLog>,
    /// What is known when the reply begins.
    pub request: Request,
    /// When the request came.
    pub started: Instant,
}

impl Answered {
    /// Makes one of the request with this identifier and span.
    pub fn new(body: Body, (id, span): (String, Span), ending: Option<Ending>) -> Self {
        Self { body, id, span, ending }
    }
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let _entered = this.span.enter();
        let body = Pin::new(&mut this.body);
        let polled = REQUEST_ID.sync_scope(this.id.clone(), || body.poll_frame(context));
        if let (Poll::Ready(Some(Ok(frame))), Some(ending)) = (&polled, &mut this.ending) {
            ending.request.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        if let Some(Ending { log, mut request, started }) = self.ending.take() {
            request.whole = started.elapsed();
            log.add(&request);
        }
    }
}

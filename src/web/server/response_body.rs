//! The body of a response, as hyper gets it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::activity::RequestGuard;

/// The body of a response, whose request is in progress until the body's end.
pub(super) enum ResponseBody {
    /// A body that hyper sends.
    Sent {
        body: Body,
        /// Keeps the request in progress.
        _guard: RequestGuard,
    },
    /// The place of a body that is sent without hyper. It never has a frame.
    HandedOver,
}

impl ResponseBody {
    /// Returns a body that hyper sends.
    pub(super) fn new(body: Body, guard: RequestGuard) -> Self {
        Self::Sent {
            body,
            _guard: guard,
        }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Sent { body, .. } => Pin::new(body).poll_frame(cx),
            Self::HandedOver => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Sent { body, .. } => body.is_end_stream(),
            Self::HandedOver => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Sent { body, .. } => body.size_hint(),
            Self::HandedOver => SizeHint::default(),
        }
    }
}

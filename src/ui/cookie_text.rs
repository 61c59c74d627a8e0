//! The text of a cookie that pages read and write. The web layer reads it from the request, attaches it to the
//! request's extensions, and sets the cookie to the new value afterwards.

use std::sync::{Arc, Mutex, PoisonError};

/// The text of a cookie of one request. Cheap to clone; clones share one value.
#[derive(Debug, Clone, Default)]
pub struct CookieText {
    received: Option<Arc<str>>,
    left: Arc<Mutex<Option<Option<String>>>>,
}

impl CookieText {
    /// Creates it with the value that the cookie held.
    #[must_use]
    pub fn new(received: Option<String>) -> Self {
        Self {
            received: received.map(Into::into),
            left: Arc::default(),
        }
    }

    /// Returns the value that the cookie held.
    #[must_use]
    pub fn received(&self) -> Option<&str> {
        self.received.as_deref()
    }

    /// Returns the value that the cookie will hold after the response.
    #[must_use]
    pub fn current(&self) -> Option<String> {
        self.left()
            .unwrap_or_else(|| self.received().map(ToOwned::to_owned))
    }

    /// Returns the new value of the cookie: `None` if it stays as it is, `Some(None)` if the cookie
    /// is to be removed.
    #[must_use]
    pub fn left(&self) -> Option<Option<String>> {
        self.left
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets the new value of the cookie; `None` removes it.
    pub fn leave(&self, text: Option<String>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

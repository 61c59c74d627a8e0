//! The address at which people reach this site, for what has to be absolute: shared links and pictures.

use std::sync::Arc;

/// The address at which people reach this site, without a slash at its end. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Arc<str>);

impl PublicUrl {
    /// Creates it from an address.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self(address.trim_end_matches('/').into())
    }

    /// Returns the absolute address of a path of this site.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

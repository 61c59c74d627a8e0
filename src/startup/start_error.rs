//! The error that ends a start.

/// The reason why the application does not start: one line that names the setting.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

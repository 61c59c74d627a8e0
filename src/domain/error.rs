//! The two kinds of errors that the domain returns.

use std::sync::Arc;

use sea_orm::DbErr;

use crate::{
    model::{DomainError, forms::FieldErrors},
    store::{InfrastructureError, ports::PortError},
};

/// Why a domain function did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the application forbids it. The error may be shown to the client.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// A failure of the database, Redis or a task: logged, and never shown.
    #[error(transparent)]
    Infrastructure(#[from] InfrastructureError),
}

/// The result of a domain function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Arc<Self>> for Error {
    /// Returns an error that several callers share, since they waited for one computation.
    fn from(shared: Arc<Self>) -> Self {
        match &*shared {
            Self::Domain(error) => error.clone().into(),
            Self::Infrastructure(error) => InfrastructureError::internal(error.to_string()).into(),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Infrastructure(error.into())
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Infrastructure(error.into())
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Domain(DomainError::Invalid(errors))
    }
}

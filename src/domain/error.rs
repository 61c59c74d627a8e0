//! The two ways in which something does not happen.

use sea_orm::DbErr;

use crate::{
    model::{DomainError, forms::FieldErrors},
    store::{InfrastructureError, ports::PortError},
};

/// Something did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A business "no": public.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// Infrastructure: logged, opaque outside.
    #[error(transparent)]
    Infrastructure(#[from] InfrastructureError),
}

/// What the domain's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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

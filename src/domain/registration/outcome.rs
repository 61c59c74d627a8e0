//! The outcome of a registration, and the response that is stored with it.
//!
//! The domain decides an [`Outcome`] and knows nothing about the protocol that carries it. Which status and
//! which bytes an outcome has is decided by the API, whose [`ResponseCodec`] is passed in when the process
//! starts. The encoded response is stored under the request's idempotency key and repeated byte for byte.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    model::{
        BulkResultView, CompetitionId, DomainError, IdempotencyKey, Language, RegistrationStatus,
        RegistrationView, UndoneView, UserId, forms::RegistrationInput,
    },
    store::InfrastructureError,
};

/// The outcome of a request to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The participant has a seat.
    Registered(RegistrationView),
    /// The participant is on the waitlist.
    Waitlisted(RegistrationView),
    /// An organizer has acted on many registrations.
    Bulk(BulkResultView),
    /// An organizer has undone a removal.
    Undone(UndoneView),
    /// Nothing was done, for this reason.
    Refused(DomainError),
}

impl Outcome {
    /// Returns the registration, or why there is none.
    ///
    /// # Errors
    /// Returns the [`DomainError`] of a refused registration, and [`DomainError::NotFound`] for what is no
    /// registration.
    pub const fn registration(&self) -> Result<&RegistrationView, &DomainError> {
        match self {
            Self::Registered(registration) | Self::Waitlisted(registration) => Ok(registration),
            Self::Bulk(_) | Self::Undone(_) => Err(&DomainError::NotFound),
            Self::Refused(error) => Err(error),
        }
    }

    /// Returns the result of an organizer's act, or why there is none.
    ///
    /// # Errors
    /// Returns the [`DomainError`] of a refused act, and [`DomainError::NotFound`] for what is no act.
    pub const fn bulk(&self) -> Result<&BulkResultView, &DomainError> {
        match self {
            Self::Bulk(result) => Ok(result),
            Self::Refused(error) => Err(error),
            Self::Registered(_) | Self::Waitlisted(_) | Self::Undone(_) => {
                Err(&DomainError::NotFound)
            }
        }
    }

    /// Returns who has come back by the undoing of a removal, or why nobody has.
    ///
    /// # Errors
    /// Returns the [`DomainError`] of a refused request, and [`DomainError::NotFound`] for what is no undoing.
    pub const fn undone(&self) -> Result<UndoneView, &DomainError> {
        match self {
            Self::Undone(undone) => Ok(*undone),
            Self::Refused(error) => Err(error),
            Self::Registered(_) | Self::Waitlisted(_) | Self::Bulk(_) => {
                Err(&DomainError::NotFound)
            }
        }
    }
}

impl From<Result<RegistrationView, DomainError>> for Outcome {
    fn from(result: Result<RegistrationView, DomainError>) -> Self {
        match result {
            Ok(view) if view.status == RegistrationStatus::Waitlisted => Self::Waitlisted(view),
            Ok(view) => Self::Registered(view),
            Err(error) => Self::Refused(error),
        }
    }
}

/// An encoded outcome. The domain stores and returns it without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The status code in the API's protocol.
    pub status: u16,
    /// The body, which is canonical JSON: `jsonb` forgets the order of keys, so the same bytes come
    /// back from the database only if they are always written in one order.
    pub body: String,
}

/// The API's functions that represent requests and outcomes where they are stored.
#[derive(Debug, Clone, Copy)]
pub struct ResponseCodec {
    /// Returns a digest of the request to register for a competition with this input. It tells apart two
    /// requests under one idempotency key.
    pub fingerprint: fn(CompetitionId, &RegistrationInput) -> String,
    /// Encodes an outcome in a language. The same outcome in the same language always gives the same bytes.
    pub encode: fn(&Outcome, Language) -> Result<StoredResponse, InfrastructureError>,
    /// Decodes what `encode` wrote, in this or an earlier release.
    pub decode: fn(&StoredResponse) -> Result<Outcome, InfrastructureError>,
    /// Writes JSON that comes from a `jsonb` column as the text that `encode` wrote.
    pub canonical: fn(&Value) -> String,
}

/// A stored outcome, with the account and the idempotency key of its request.
pub type KeyedOutcome = (UserId, IdempotencyKey, Arc<StoredOutcome>);

/// An outcome with its response, as they are kept under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOutcome {
    /// The digest of the request; see [`ResponseCodec::fingerprint`].
    pub fingerprint: String,
    /// The outcome; `None` if the response was stored by a release whose outcomes this release does
    /// not know. Its bytes are repeated all the same.
    pub outcome: Option<Outcome>,
    /// The response that every request with the key gets.
    pub response: StoredResponse,
    /// The moment from which on the key may be used for a new request.
    pub expires_at: DateTime<Utc>,
}

impl StoredOutcome {
    /// Decodes the outcome of a response that was read from the cache or the database.
    pub(super) fn restore(
        codec: &ResponseCodec,
        fingerprint: String,
        response: StoredResponse,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let outcome = (codec.decode)(&response)
            .inspect_err(|error| tracing::error!(%error, "Could not decode the stored response of a registration"))
            .ok();
        Self {
            fingerprint,
            outcome,
            response,
            expires_at,
        }
    }
}

/// The reply to a request to register: a new outcome, or the one that is stored under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationReply {
    /// The outcome and its response.
    pub stored: Arc<StoredOutcome>,
    /// Whether an earlier request with the same key got this response already.
    pub replayed: bool,
}

impl RegistrationReply {
    /// Returns the outcome.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if a replayed response can't be decoded.
    pub fn outcome(&self) -> Result<&Outcome, InfrastructureError> {
        self.stored
            .outcome
            .as_ref()
            .ok_or_else(|| InfrastructureError::internal("unknown stored response"))
    }

    /// Returns the response, which is to be sent as it is.
    #[must_use]
    pub fn response(&self) -> &StoredResponse {
        &self.stored.response
    }
}

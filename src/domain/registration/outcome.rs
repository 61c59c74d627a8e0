//! The answer to a registration: what is said the first time, stored, and said again byte for byte.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    model::{DomainError, Problem, RegistrationView, http_status},
    store::InfrastructureError,
};

/// An answer as it is stored and sent: a status and a JSON body in canonical form.
///
/// `jsonb` forgets the order of keys, so bytes can only be repeated if they are always written in
/// one order: the body of every `Stored` comes out of [`canonical`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// SHA-256 of what was asked, hex.
    pub fingerprint: String,
    /// HTTP status.
    pub status: u16,
    /// The body: canonical JSON.
    pub body: String,
    /// From then on the key is as good as new.
    pub expires_at: DateTime<Utc>,
}

/// The answer to a registration: the first one, or the same again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON, to be sent as it is: a repeat gets the same bytes.
    pub body: String,
    /// Whether it was given before.
    pub replayed: bool,
}

impl Stored {
    /// What to keep of a seat or place that was given.
    ///
    /// # Errors
    /// Never in practice: a view always serialises.
    pub fn registered(
        fingerprint: &str,
        view: &RegistrationView,
        expires_at: DateTime<Utc>,
    ) -> Result<Self, InfrastructureError> {
        Ok(Self {
            fingerprint: fingerprint.to_owned(),
            status: 201,
            body: canonical(&serde_json::to_value(view).map_err(InfrastructureError::internal)?),
            expires_at,
        })
    }

    /// What to keep of a "no".
    ///
    /// # Errors
    /// Never in practice: a problem always serialises.
    pub fn refused(
        fingerprint: &str,
        refusal: &DomainError,
        expires_at: DateTime<Utc>,
    ) -> Result<Self, InfrastructureError> {
        Ok(Self {
            fingerprint: fingerprint.to_owned(),
            status: http_status(refusal),
            body: canonical(
                &serde_json::to_value(Problem::from(refusal))
                    .map_err(InfrastructureError::internal)?,
            ),
            expires_at,
        })
    }

    /// As it is sent.
    #[must_use]
    pub fn answer(&self, replayed: bool) -> Answer {
        Answer {
            status: self.status,
            body: self.body.clone(),
            replayed,
        }
    }
}

impl Answer {
    /// A "no" that is not stored: the same key may get another answer later.
    #[must_use]
    pub fn passing(refusal: &DomainError) -> Self {
        Self {
            status: http_status(refusal),
            body: serde_json::to_value(Problem::from(refusal))
                .map(|body| canonical(&body))
                .unwrap_or_default(),
            replayed: false,
        }
    }

    /// What it says, for a skin that shows pages rather than JSON.
    ///
    /// # Errors
    /// When the stored text is not one of ours.
    pub fn read(&self) -> Result<Result<RegistrationView, DomainError>, InfrastructureError> {
        if self.status == 201 {
            return serde_json::from_str(&self.body)
                .map(Ok)
                .map_err(InfrastructureError::internal);
        }
        let problem: Problem =
            serde_json::from_str(&self.body).map_err(InfrastructureError::internal)?;
        let code = problem.kind.rsplit('/').next().unwrap_or_default();
        [
            DomainError::Unauthenticated,
            DomainError::NotFound,
            DomainError::IdempotencyKeyReused,
            DomainError::RequestInProgress,
            DomainError::CompetitionFull,
            DomainError::AlreadyRegistered,
            DomainError::RegistrationClosed,
        ]
        .into_iter()
        .find(|refusal| refusal.code() == code)
        .map(Err)
        .ok_or_else(|| InfrastructureError::internal(format!("no refusal {code:?}")))
    }
}

/// JSON without spaces, keys in byte order at every level.
#[must_use]
pub fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let sorted_entries = entries.into_iter().map(|(k, v)| (k.clone(), sorted(v)));
                Value::Object(sorted_entries.collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_in_storage_does_not_show_in_the_answer() {
        let one: Value =
            serde_json::from_str(r#"{"b":1,"a":{"d":[{"z":1,"y":2}],"c":2}}"#).unwrap();
        let two: Value =
            serde_json::from_str(r#"{"a":{"c":2,"d":[{"y":2,"z":1}]},"b":1}"#).unwrap();
        assert_eq!(canonical(&one), canonical(&two));
        assert_eq!(
            canonical(&one),
            r#"{"a":{"c":2,"d":[{"y":2,"z":1}]},"b":1}"#
        );
    }

    #[test]
    fn every_refusal_a_registration_can_store_reads_back_as_itself() {
        for refusal in [
            DomainError::NotFound,
            DomainError::CompetitionFull,
            DomainError::AlreadyRegistered,
            DomainError::RegistrationClosed,
        ] {
            let stored = Stored::refused("f", &refusal, Utc::now()).unwrap();
            assert_eq!(stored.answer(true).read().unwrap(), Err(refusal));
        }
    }
}

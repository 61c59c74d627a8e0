//! A code of a competition as it was read under the row lock of its competition.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sha2::{Digest, Sha256};

use crate::{
    model::{
        CodeId, CodeKind, CompetitionId, DivisionId, IdempotencyKey, UserId,
        forms::{CodeInput, comparable_code},
    },
    store::entity::code,
};

/// A code, with what a decision depends on and what an organizer has said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeState {
    pub id: CodeId,
    /// The code as it is handed out.
    pub code: String,
    /// The digest by which it is found; see [`code_digest`].
    pub digest: String,
    pub label: String,
    pub kind: CodeKind,
    pub max_uses: i32,
    /// The number of live registrations that use it.
    pub uses: i32,
    /// The only address that may use it, if it is for one.
    pub email: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// The division in which it is used, if it is for one.
    pub division: Option<DivisionId>,
    /// The request that has generated it; see [`request_digest`].
    pub request: Option<String>,
    /// When its seats came back, because it has expired.
    pub released_at: Option<DateTime<Utc>>,
    /// When the organizer deleted it.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The address of an account that registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub email: String,
    /// Whether the account has confirmed it.
    pub confirmed: bool,
}

/// Returns the digest by which a code of a competition is found, however it is typed; `None` if it can't be one. Codes are
/// looked up and compared by their digests only, so that the time this takes says nothing about other codes.
#[must_use]
pub fn code_digest(competition: CompetitionId, typed: &str) -> Option<String> {
    let code = comparable_code(typed)?;
    Some(hex::encode(Sha256::digest(format!("{competition} {code}"))))
}

/// The length of the part of a request's digest that says which account and key it had.
const REQUEST_KEY: usize = 32;

/// Returns the digest of a request that generates codes, by which it is known if it is sent again: of the account and the key,
/// and of what it asks for.
#[must_use]
pub fn request_digest(account: UserId, key: &IdempotencyKey, asked: &str) -> String {
    let digest = |text: &str| hex::encode(Sha256::digest(text));
    let of_key = digest(&format!("{account} {key}"));
    format!(
        "{}{}",
        &of_key[..REQUEST_KEY],
        &digest(asked)[..REQUEST_KEY]
    )
}

/// Returns the part of a request's digest that says which account and key it had.
#[must_use]
pub fn request_key(request: &str) -> &str {
    request.get(..REQUEST_KEY).unwrap_or(request)
}

impl CodeState {
    /// Creates a code that nobody uses from valid input. `code` is the one to hand out.
    #[must_use]
    pub fn new(competition: CompetitionId, code: String, input: &CodeInput) -> Self {
        Self {
            id: CodeId::new(),
            digest: code_digest(competition, &code).unwrap_or_default(),
            code,
            label: input.label.clone(),
            kind: input.kind,
            max_uses: i32::try_from(input.max_uses).unwrap_or(i32::MAX),
            uses: 0,
            email: input.email.clone(),
            expires_at: input.expires_at,
            division: input.division_id,
            request: None,
            released_at: None,
            removed_at: None,
        }
    }

    /// Returns the number of seats that are set aside for the code.
    #[must_use]
    pub fn set_aside(&self) -> i32 {
        let holds = self.kind == CodeKind::Reserved
            && self.released_at.is_none()
            && self.removed_at.is_none();
        if holds { self.max_uses - self.uses } else { 0 }
    }

    /// Returns whether nobody registers with the code at `now` any more.
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Returns the row of the code, to be inserted.
    #[must_use]
    pub fn into_row(self, competition: CompetitionId, now: DateTime<Utc>) -> code::ActiveModel {
        code::ActiveModel {
            id: Set(self.id),
            competition_id: Set(competition),
            code: Set(self.code),
            digest: Set(self.digest),
            label: Set(self.label),
            kind: Set(self.kind),
            max_uses: Set(self.max_uses),
            uses: Set(self.uses),
            email: Set(self.email),
            expires_at: Set(self.expires_at),
            division_id: Set(self.division),
            request: Set(self.request),
            created_at: Set(now),
            released_at: Set(self.released_at),
            removed_at: Set(self.removed_at),
        }
    }
}

impl From<code::Model> for CodeState {
    fn from(row: code::Model) -> Self {
        Self {
            id: row.id,
            code: row.code,
            digest: row.digest,
            label: row.label,
            kind: row.kind,
            max_uses: row.max_uses,
            uses: row.uses,
            email: row.email,
            expires_at: row.expires_at,
            division: row.division_id,
            request: row.request,
            released_at: row.released_at,
            removed_at: row.removed_at,
        }
    }
}

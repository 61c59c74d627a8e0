//! Codes with which participants register.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CodeId, CodeKind, CompetitionId, DivisionId};

/// A row of `codes`: a code of a competition, which an organizer hands out.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CodeId,
    pub competition_id: CompetitionId,
    /// The code as it is handed out. Organizers print it again, so it is not only stored as a digest.
    pub code: String,
    /// The digest of the competition and of the code as it is typed, by which it is found.
    pub digest: String,
    /// What the code is for, in the organizer's words; may be empty.
    pub label: String,
    pub kind: CodeKind,
    /// The number of live registrations that may use it.
    pub max_uses: i32,
    /// The number of live registrations that use it.
    pub uses: i32,
    /// The only address that may use it, if it is for one.
    pub email: Option<String>,
    /// The moment from which on nobody registers with it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The division in which it is used, if it is for one.
    pub division_id: Option<DivisionId>,
    /// The digests of the request that has generated it, if it had an idempotency key: of the account and the key, and of what
    /// was asked for.
    pub request: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When the seats that it had set aside came back, because it has expired.
    pub released_at: Option<DateTime<Utc>>,
    /// When the organizer deleted it. A row to which registrations refer is kept.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

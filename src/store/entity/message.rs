//! Messages in mailboxes.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, MessageId, MessageKind, RegistrationId, UserId};

/// A row of `mail_box`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_box")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// Whose.
    pub user_id: UserId,
    /// About which registration.
    pub registration_id: Option<RegistrationId>,
    /// About which competition.
    pub competition_id: Option<CompetitionId>,
    /// What it is about.
    pub kind: MessageKind,
    /// Unique: a job that runs twice writes once.
    pub dedupe_key: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// First opened then.
    pub read_at: Option<DateTime<Utc>>,
    /// Taken by the mail relay then, if real mail is set up.
    pub sent_at: Option<DateTime<Utc>>,
    /// Written then.
    pub created_at: DateTime<Utc>,
}

/// Joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

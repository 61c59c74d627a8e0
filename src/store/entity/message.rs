//! Messages in the mailboxes of accounts.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{AnnouncementId, CompetitionId, MessageId, MessageKind, RegistrationId, UserId};

/// A row of `mail_box`: a message to one account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_box")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    pub user_id: UserId,
    /// The registration that the message is about, if any.
    pub registration_id: Option<RegistrationId>,
    /// The competition that the message is about, if any.
    pub competition_id: Option<CompetitionId>,
    pub kind: MessageKind,
    /// A unique key, so that a job that runs twice writes one message.
    pub dedupe_key: String,
    pub subject: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// When the account first opened it.
    pub read_at: Option<DateTime<Utc>>,
    /// When the SMTP server accepted it, if SMTP is configured.
    pub sent_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The announcement that the message contains, if any.
    pub announcement_id: Option<AnnouncementId>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

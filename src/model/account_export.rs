//! The export of an account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CompetitionId, LogInView, MessageId, MessageKind, RegistrationId, RegistrationStatus, Role,
    UserId,
};

/// What is stored for an account: its profile, registrations, messages, competitions and log-ins. Each list holds the newest 5,000 entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountExportView {
    /// The time of the export.
    pub exported_at: DateTime<Utc>,
    /// The id of the account.
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// Whether the e-mail address is confirmed.
    pub email_confirmed: bool,
    /// The rights of the account.
    pub role: Role,
    /// Whether reminders are sent by mail.
    pub reminders: bool,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
    /// The registrations of the account, cancelled ones included.
    pub registrations: Vec<ExportedRegistrationView>,
    /// The messages in the mailbox of the account.
    pub messages: Vec<ExportedMessageView>,
    /// The competitions that the account organizes.
    pub competitions: Vec<ExportedCompetitionView>,
    /// Where the account is logged in.
    pub sessions: Vec<LogInView>,
}

/// A registration in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedRegistrationView {
    /// The id of the registration.
    pub id: RegistrationId,
    /// The competition that it is for.
    pub competition_id: CompetitionId,
    /// The title of the competition.
    pub competition_title: String,
    /// The state of the registration.
    pub status: RegistrationStatus,
    /// The time of the registration.
    pub registered_at: DateTime<Utc>,
}

/// A message in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedMessageView {
    /// The id of the message.
    pub id: MessageId,
    /// The occasion of the message.
    pub kind: MessageKind,
    /// The subject, in one line.
    pub subject: String,
    /// The body, as plain text.
    pub body: String,
    /// When it was read; absent while it is unread.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A competition in the export of its organizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedCompetitionView {
    /// The id of the competition.
    pub id: CompetitionId,
    /// The title, one line.
    pub title: String,
    /// The description in Markdown.
    pub description: String,
    /// When the competition starts.
    pub starts_at: DateTime<Utc>,
}

//! Announcements as organizers see them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    AnnouncementId, Audience, CompetitionId, SavedViewId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// Why the mail of an announcement failed finally.
    MailFailureReason {
        /// The mail server refused the address of the recipient.
        AddressRefused = "ADDRESS_REFUSED",
        /// The mail server refused the mail for another reason.
        MailRefused = "MAIL_REFUSED",
        /// The mail server accepts no mail of this installation.
        SenderRefused = "SENDER_REFUSED",
        /// The mail server put the mail off until no attempt was left.
        PutOff = "PUT_OFF",
        /// The mail server could not be reached.
        Unreachable = "UNREACHABLE",
        /// Everything else, and the reasons that are not among the most frequent.
        Other = "OTHER",
    }
}

/// How much mail of an announcement failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MailFailureView {
    /// Why the mail failed.
    pub reason: MailFailureReason,
    /// The status codes with which the mail server answered, such as `550 5.1.1`; absent if it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub status: Option<String>,
    /// The number of messages.
    pub count: u64,
}

/// An announcement and how far its messages are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementView {
    /// The id of the announcement.
    pub id: AnnouncementId,
    /// The competition whose participants get it.
    pub competition_id: CompetitionId,
    /// Which participants get it.
    pub audience: Audience,
    /// The saved view whose participants get it, which may be deleted by now; absent for other audiences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub view_id: Option<SavedViewId>,
    /// The name that the saved view had when the announcement was written; absent for other audiences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub view_name: Option<String>,
    /// The subject, one line.
    pub subject: String,
    /// The text, without markup.
    pub body: String,
    /// When the organizer wrote it.
    pub created_at: DateTime<Utc>,
    /// When it is to be sent; absent if it was sent at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_at: Option<DateTime<Utc>>,
    /// When its messages began to be written; absent while it is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When the last message was written; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was withdrawn; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// The number of recipients; 0 while it is scheduled.
    pub total: u64,
    /// The number of recipients whose message is in the mailbox.
    pub written: u64,
    /// The number of messages that the SMTP server accepted; 0 without SMTP.
    pub mailed: u64,
    /// The number of messages whose mail failed finally. They are in the mailbox all the same.
    pub failed: u64,
    /// Why mail failed: the five most frequent reasons, and then all others together. The counts add up to `failed`.
    #[cfg_attr(feature = "ssr", schema(max_items = 6))]
    pub failures: Vec<MailFailureView>,
}

impl AnnouncementView {
    /// Returns whether it waits for its time, so that it can be withdrawn.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.started_at.is_none() && self.withdrawn_at.is_none()
    }

    /// Returns whether messages are being written.
    #[must_use]
    pub fn is_being_sent(&self) -> bool {
        self.started_at.is_some() && self.finished_at.is_none()
    }
}

/// An announcement as its recipients get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementLetter {
    /// The subject, in one line.
    pub subject: String,
    /// The body, as plain text.
    pub body: String,
}

/// The number of participants whom a filter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientCount {
    /// The number of them, or the least that it is.
    pub number: u64,
    /// Whether there are no more.
    pub is_exact: bool,
}

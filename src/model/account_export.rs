//! The export of an account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{
    Answer, ApiKeyScope, AuditAction, AuditOutcome, AuditSubject, CertificateKind, CompetitionId,
    LogInView, MessageId, MessageKind, PerformanceStatus, RegistrationId, RegistrationStatus, Role,
    StaffRole, UserId, WebhookEvent,
};

/// What is stored for an account: its profile, registrations, messages, competitions, log-ins, opening reminders, API
/// keys, webhooks, certificates and audit events. Each list holds the newest 5,000 entries.
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
    /// Whether reminders that a competition starts are sent by mail.
    pub reminders: bool,
    /// Whether reminders that registration opens are sent by mail.
    pub opening_reminders: bool,
    /// Whether announcements of organizers are sent by mail.
    pub announcements: bool,
    /// Whether promotions from a waitlist are sent to the devices with notifications.
    pub push_promotions: bool,
    /// Whether reminders that a competition starts are sent to the devices with notifications.
    pub push_reminders: bool,
    /// Whether reminders that registration opens are sent to the devices with notifications.
    pub push_opening_reminders: bool,
    /// The time zone in which times are shown; absent if it is that of the browser.
    pub time_zone: Option<String>,
    /// Since when log-ins need a second factor; absent if they do not.
    pub second_factor_since: Option<DateTime<Utc>>,
    /// How participants reach the organizer: an e-mail address, or an address on the web.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub contact: Option<String>,
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
    /// The request to become an organizer; `null` if there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub organizer_request: Option<ExportedOrganizerRequestView>,
    /// The competitions of others on which the account works.
    pub staff_roles: Vec<ExportedStaffRoleView>,
    /// The competitions of whose opening the account wants to be reminded.
    pub opening_reminder_wishes: Vec<ExportedOpeningReminderView>,
    /// The browsers that get push messages.
    pub push_subscriptions: Vec<ExportedPushSubscriptionView>,
    /// The keys with which programs of the account call the API.
    pub api_keys: Vec<ExportedApiKeyView>,
    /// The webhooks of the account.
    pub webhooks: Vec<ExportedWebhookView>,
    /// The certificates that were issued to the account.
    pub certificates: Vec<ExportedCertificateView>,
    /// What the audit log says about the account: what it did, and what was done to it.
    pub audit_events: Vec<ExportedAuditEventView>,
}

/// A certificate, in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedCertificateView {
    /// The serial by which it is verified.
    pub serial: String,
    /// What it says about the participant.
    pub kind: CertificateKind,
    /// The registration that it is for.
    pub registration_id: RegistrationId,
    /// The name on it.
    pub name: String,
    /// The title of the competition on it.
    pub competition_title: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it was revoked; absent while it is valid.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A request to become an organizer, in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedOrganizerRequestView {
    /// What the account wants to organize.
    pub reason: String,
    /// When the account asked.
    pub requested_at: DateTime<Utc>,
    /// When it was declined; `null` while it waits for a decision.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub declined_at: Option<DateTime<Utc>>,
}

/// A role in a competition of somebody else, in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedStaffRoleView {
    /// The id of the competition.
    pub competition_id: CompetitionId,
    /// The title of the competition.
    pub competition_title: String,
    /// What the account does for it.
    pub role: StaffRole,
    /// When the account accepted the invitation.
    pub since: DateTime<Utc>,
}

/// A wish to be reminded before registration opens, in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedOpeningReminderView {
    /// The id of the competition.
    pub competition_id: CompetitionId,
    /// The title of the competition.
    pub competition_title: String,
    /// The opening that the account was reminded of; absent if it was not yet.
    pub reminded_of: Option<DateTime<Utc>>,
    /// When the account asked for it.
    pub created_at: DateTime<Utc>,
}

/// A browser that gets push messages, in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedPushSubscriptionView {
    /// The host of the browser's push service.
    pub service: String,
    /// When the browser subscribed.
    pub created_at: DateTime<Utc>,
    /// When the push service last accepted a message; absent if there was none yet.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key of the API in the export of an account, without anything of the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedApiKeyView {
    /// The name that the account gave it.
    pub name: String,
    /// What a program may do with it.
    pub scopes: Vec<ApiKeyScope>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The time from which it is refused; absent if it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// When a request last used it; absent if none did.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A webhook in the export of an account, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedWebhookView {
    /// The address to which events are sent.
    pub url: String,
    /// The events that are sent.
    pub events: Vec<WebhookEvent>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was switched off because its receiver had failed for too long; absent while it is on.
    pub off_at: Option<DateTime<Utc>>,
}

/// An event of the audit log in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedAuditEventView {
    /// The id of the event.
    pub id: Uuid,
    /// The time at which it happened.
    pub occurred_at: DateTime<Utc>,
    /// The action that was done or tried.
    pub action: AuditAction,
    /// The outcome of the action.
    pub outcome: AuditOutcome,
    /// Whether the account itself did it. Otherwise somebody else did, or it is not known who.
    pub own: bool,
    /// The kind of the object that the action concerned; absent if there was none.
    pub subject_kind: Option<AuditSubject>,
    /// The id of the object that the action concerned.
    pub subject_id: Option<Uuid>,
    /// Further properties of the event, which depend on the action, as an object.
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub detail: serde_json::Value,
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
    /// The name of the division, if the competition has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub division_name: Option<String>,
    /// The code with which the owner has registered, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub code: Option<String>,
    /// The state of the registration.
    pub status: RegistrationStatus,
    /// The time of the registration.
    pub registered_at: DateTime<Utc>,
    /// The time at which the owner was checked in; absent if that has not happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// What was recorded for the owner, corrections included, in the order of the recording; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 5000))]
    pub results: Vec<ExportedResultView>,
    /// What the competition asked, and the answers; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 100))]
    pub answers: Vec<ExportedAnswerView>,
}

/// A result in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedResultView {
    /// The name of the stage.
    pub stage: String,
    /// What has become of the participant.
    pub status: PerformanceStatus,
    /// The value as people read it; empty without one.
    pub value: String,
    /// What was noted with it; empty if nothing was.
    pub note: String,
    /// The time at which it was recorded.
    pub at: DateTime<Utc>,
}

/// An answer in the export of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportedAnswerView {
    /// What the competition asked.
    pub question: String,
    /// The answer: a string, a number, an array, `true`, or for a consent an object with the `wording` that was agreed to and
    /// the time `agreedAt`.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub answer: Answer,
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

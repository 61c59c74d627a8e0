//! Which messages an account also receives by mail, and on the devices with notifications. The mailbox shows them in
//! any case.

use std::fmt;

use sea_orm::{EntityTrait, QueryFilter, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Actor, Result,
        audit::{Audit, AuditEvent},
        signing::SigningKeys,
    },
    model::{
        AuditAction, AuditOutcome, DomainError, Language, MailTopic, MessageKind, PreferencesView,
        UserId,
    },
    store::{
        Database, InfrastructureError,
        entity::{message, user},
    },
};

/// Reads preferences about mail, and follows the links that change them. Cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    database: Database,
    keys: SigningKeys,
    audit: Audit,
}

/// The purpose of the keys that sign the links. Links in old mail were signed for it: it never
/// changes.
const PURPOSE: &str = "mini-compete: no reminders\n";

/// The claims in the link of a mail. They do not expire: old mail is read late.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    /// What the link turns off. Links of earlier releases turn off reminders.
    #[serde(default = "reminders")]
    topic: MailTopic,
}

const fn reminders() -> MailTopic {
    MailTopic::Reminders
}

impl Preferences {
    /// Creates the service without an audit log. Links are signed with keys derived from `keys`, so that they
    /// are no valid access tokens.
    #[must_use]
    pub fn new(database: Database, keys: &SigningKeys) -> Self {
        Self {
            database,
            keys: keys.for_purpose(PURPOSE),
            audit: Audit::off(),
        }
    }

    /// Returns the same service with an audit log.
    #[must_use]
    pub fn audited_by(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// Returns the token of the link that turns mail about `topic` off for `user`, without a log-in.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the token cannot be signed.
    pub fn token(&self, user: UserId, topic: MailTopic) -> Result<String, InfrastructureError> {
        self.keys.sign(&Claims { sub: user, topic })
    }

    /// Returns what the link with this token turns off; `None` if the token is invalid.
    #[must_use]
    pub fn topic_of(&self, token: &str) -> Option<MailTopic> {
        let claims: Claims = self.keys.verify(token)?;
        Some(claims.topic)
    }

    /// Turns mail about the topic in `token` off for its account. A repeat is harmless.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the token is invalid or the account does not exist.
    pub async fn unsubscribe(&self, token: &str) -> Result<MailTopic> {
        let Claims { sub, topic } = self.keys.verify(token).ok_or(DomainError::NotFound)?;
        let column = column(topic);
        let turned_off = user::Entity::update_many()
            .col_expr(column, Expr::value(false))
            .filter(user::Column::Id.eq(sub))
            .filter(column.eq(true))
            .exec(self.database.write())
            .await?;
        if turned_off.rows_affected > 0 {
            let event = AuditEvent::from(None, AuditAction::ProfileChange, AuditOutcome::Done);
            let detail = serde_json::json!({ "changed": [topic.field()], "by": "link in a mail" });
            let event = event.acting_as(Some(sub)).on(Some(sub)).with(detail);
            self.audit.note_bounded(event).await?;
            return Ok(topic);
        }
        let row = user::Entity::find_by_id(sub)
            .one(self.database.read())
            .await?;
        row.map(|_| topic).ok_or(DomainError::NotFound.into())
    }

    /// Returns what the actor has chosen.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the account does not exist.
    pub async fn of(&self, actor: Actor) -> Result<PreferencesView> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        let row = row.ok_or(DomainError::NotFound)?;
        Ok(PreferencesView {
            reminders: row.reminders,
            opening_reminders: row.opening_reminders,
            announcements: row.announcements,
            push_promotions: row.push_promotions,
            push_reminders: row.push_reminders,
            push_opening_reminders: row.push_opening_reminders,
            time_zone: row.time_zone,
        })
    }

    /// Sets the language of letters and pages.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the account does not exist.
    pub async fn set_language(&self, actor: Actor, language: Language) -> Result<()> {
        let updated = user::Entity::update_many()
            .col_expr(user::Column::Language, Expr::value(language))
            .filter(user::Column::Id.eq(actor.id))
            .exec(self.database.write())
            .await?;
        match updated.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }
}

/// Returns what a message is about, if its mail can be turned off: confirmations, cancellations, changes and
/// messages about the account itself are always sent.
pub(super) const fn topic(message: &message::Model) -> Option<MailTopic> {
    match message.kind {
        // A reminder of an opening belongs to no registration.
        MessageKind::Reminder if message.registration_id.is_none() => {
            Some(MailTopic::OpeningReminders)
        }
        MessageKind::Reminder => Some(MailTopic::Reminders),
        MessageKind::Announcement => Some(MailTopic::Announcements),
        _ => None,
    }
}

/// Returns whether an account wants mail about a topic.
pub(super) const fn wants(row: &user::Model, topic: MailTopic) -> bool {
    match topic {
        MailTopic::Reminders => row.reminders,
        MailTopic::OpeningReminders => row.opening_reminders,
        MailTopic::Announcements => row.announcements,
    }
}

/// Returns whether an account wants a message on its devices with notifications: promotions and reminders, as it has
/// chosen, and nothing else.
pub(super) const fn wants_push(row: &user::Model, message: &message::Model) -> bool {
    match message.kind {
        MessageKind::Promotion => row.push_promotions,
        // A reminder of an opening belongs to no registration.
        MessageKind::Reminder if message.registration_id.is_none() => row.push_opening_reminders,
        MessageKind::Reminder => row.push_reminders,
        _ => false,
    }
}

const fn column(topic: MailTopic) -> user::Column {
    match topic {
        MailTopic::Reminders => user::Column::Reminders,
        MailTopic::OpeningReminders => user::Column::OpeningReminders,
        MailTopic::Announcements => user::Column::Announcements,
    }
}

impl fmt::Debug for Preferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preferences")
    }
}

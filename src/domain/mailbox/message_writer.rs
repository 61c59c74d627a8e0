//! Writes messages: many at once, each exactly once.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{mail, push};
use crate::{
    jobs::outbox::NewJob,
    model::{AnnouncementId, CompetitionId, MessageId, MessageKind, RegistrationId, UserId},
    store::{
        InfrastructureError, Writes,
        bulk::{self, Cells},
        entity::message,
    },
};

/// A message that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The account that gets the message.
    pub user: UserId,
    /// The registration that the message is about.
    pub registration: Option<RegistrationId>,
    /// The competition that the message is about.
    pub competition: Option<CompetitionId>,
    /// The announcement that the message contains.
    pub announcement: Option<AnnouncementId>,
    /// The occasion of the message.
    pub kind: MessageKind,
    /// The same for the same occasion: a second message with this key is not written.
    pub dedupe_key: String,
    /// The subject, in one line.
    pub subject: String,
    /// The body, as plain text.
    pub body: String,
    /// The date of the message that this one follows, if it must be dated later.
    pub follows: Option<DateTime<Utc>>,
}

/// Writes messages, and enqueues their mail and push messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageWriter {
    /// Whether every message is also sent over SMTP.
    pub also_by_mail: bool,
    /// Whether promotions and reminders are also sent to the browsers that subscribed to them.
    pub also_by_push: bool,
}

impl MessageWriter {
    /// Writes messages in the caller's transaction; messages that exist already stay as they are.
    /// Returns the jobs that send them over SMTP and to browsers, to be written in the same transaction.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn write<C: ConnectionTrait>(
        self,
        transaction: &C,
        messages: Vec<NewMessage>,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let ids: Vec<_> = messages.iter().map(|_| MessageId::new()).collect();
        let pushed: Vec<_> = ids
            .iter()
            .zip(&messages)
            .filter(|(_, message)| self.is_pushed(message))
            .map(|(id, _)| *id)
            .collect();
        let backend = transaction.get_database_backend();
        let mut writes = Writes::default();
        add(&mut writes, backend, &ids, messages, now)?;
        writes.execute(transaction).await?;
        let mut jobs = match pushed.is_empty() {
            true => Vec::new(),
            false => push::jobs(transaction, &pushed).await?,
        };
        if !self.also_by_mail || ids.is_empty() {
            return Ok(jobs);
        }
        let written: Vec<MessageId> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(bulk::among(
                backend,
                (message::Entity, message::Column::Id),
                &ids,
            ))
            .into_tuple()
            .all(transaction)
            .await?;
        jobs.extend(written.into_iter().map(mail::job));
        Ok(jobs)
    }

    const fn is_pushed(self, message: &NewMessage) -> bool {
        self.also_by_push && push::is_pushed(message.kind)
    }

    /// Works like [`write`](Self::write), but adds the messages to `writes` if it can. With mail or push
    /// messages it has to know which messages are new, so it writes them at once.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn add<C: ConnectionTrait>(
        self,
        writes: &mut Writes,
        transaction: &C,
        messages: Vec<NewMessage>,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        if self.also_by_mail || messages.iter().any(|message| self.is_pushed(message)) {
            return self.write(transaction, messages, now).await;
        }
        let ids: Vec<_> = messages.iter().map(|_| MessageId::new()).collect();
        let backend = transaction.get_database_backend();
        add(writes, backend, &ids, messages, now)?;
        Ok(Vec::new())
    }
}

fn add(
    writes: &mut Writes,
    backend: DatabaseBackend,
    ids: &[MessageId],
    messages: Vec<NewMessage>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let count = messages.len();
    let mut users = Vec::with_capacity(count);
    let mut registrations = Vec::with_capacity(count);
    let mut competitions = Vec::with_capacity(count);
    let mut announcements = Vec::with_capacity(count);
    let mut kinds = Vec::with_capacity(count);
    let mut dedupe_keys = Vec::with_capacity(count);
    let mut subjects = Vec::with_capacity(count);
    let mut bodies = Vec::with_capacity(count);
    let mut dates = Vec::with_capacity(count);
    for message in messages {
        users.push(message.user.0);
        registrations.push(message.registration.map(|id| id.0));
        competitions.push(message.competition.map(|id| id.0));
        announcements.push(message.announcement.map(|id| id.0));
        kinds.push(message.kind.to_string());
        dedupe_keys.push(message.dedupe_key);
        subjects.push(message.subject);
        bodies.push(message.body);
        // The smallest step that both databases keep.
        let after = message.follows.map(|at| at + TimeDelta::microseconds(1));
        dates.push(after.map_or(now, |after| after.max(now)));
    }
    let mut columns = vec![
        ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
        ("user_id", Cells::Uuid(users)),
        ("registration_id", Cells::MaybeUuid(registrations)),
        ("competition_id", Cells::MaybeUuid(competitions)),
        ("kind", Cells::Text(kinds)),
        ("dedupe_key", Cells::Text(dedupe_keys)),
        ("subject", Cells::Text(subjects)),
        ("body", Cells::Text(bodies)),
        ("created_at", Cells::Moment(dates)),
    ];
    // Confirmations, of which there are the most, do without the column.
    if announcements.iter().any(Option::is_some) {
        columns.push(("announcement_id", Cells::MaybeUuid(announcements)));
    }
    let conflict = "ON CONFLICT (dedupe_key) DO NOTHING";
    writes.insert(backend, "mail_box", columns, conflict)
}

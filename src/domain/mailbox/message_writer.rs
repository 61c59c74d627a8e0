//! Writing messages: many at once, each at most once.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::mail;
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, MessageId, MessageKind, RegistrationId, UserId},
    store::{
        InfrastructureError,
        bulk::{self, Cells},
        entity::message,
    },
};

/// A message to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// To whom.
    pub user: UserId,
    /// About which registration.
    pub registration: Option<RegistrationId>,
    /// About which competition.
    pub competition: Option<CompetitionId>,
    /// What it is about.
    pub kind: MessageKind,
    /// The same for the same occasion: a second letter with it is not written.
    pub dedupe_key: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// The date of the message that this one follows, if it must be dated later.
    pub follows: Option<DateTime<Utc>>,
}

/// Where letters are handed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageWriter {
    /// Whether every message also goes out as real mail.
    pub also_by_mail: bool,
}

impl MessageWriter {
    /// Writes letters inside the caller's transaction; those that were written before stay as they
    /// are. Returns the jobs that send them as real mail, to be born in the same transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn write<C: ConnectionTrait>(
        self,
        transaction: &C,
        letters: Vec<NewMessage>,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let ids: Vec<_> = letters.iter().map(|_| MessageId::new()).collect();
        write(transaction, &ids, letters, now).await?;
        if !self.also_by_mail || ids.is_empty() {
            return Ok(Vec::new());
        }
        let backend = transaction.get_database_backend();
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
        Ok(written.into_iter().map(mail::job).collect())
    }
}

async fn write<C: ConnectionTrait>(
    transaction: &C,
    ids: &[MessageId],
    letters: Vec<NewMessage>,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let count = letters.len();
    let mut users = Vec::with_capacity(count);
    let mut registrations = Vec::with_capacity(count);
    let mut competitions = Vec::with_capacity(count);
    let mut kinds = Vec::with_capacity(count);
    let mut dedupe_keys = Vec::with_capacity(count);
    let mut subjects = Vec::with_capacity(count);
    let mut bodies = Vec::with_capacity(count);
    let mut dates = Vec::with_capacity(count);
    for letter in letters {
        users.push(letter.user.0);
        registrations.push(letter.registration.map(|id| id.0));
        competitions.push(letter.competition.map(|id| id.0));
        kinds.push(letter.kind.to_string());
        dedupe_keys.push(letter.dedupe_key);
        subjects.push(letter.subject);
        bodies.push(letter.body);
        // The smallest step that both databases keep.
        let after = letter.follows.map(|at| at + TimeDelta::microseconds(1));
        dates.push(after.map_or(now, |after| after.max(now)));
    }
    let columns = vec![
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
    let conflict = "ON CONFLICT (dedupe_key) DO NOTHING";
    bulk::insert(transaction, "mail_box", columns, conflict).await?;
    Ok(())
}

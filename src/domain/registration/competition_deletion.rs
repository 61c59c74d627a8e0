//! Removing the rows of a deleted competition.
//!
//! Deleting a competition marks its row (`deleted_at`): after that commit no query finds it. A job that was
//! enqueued in the same transaction removes what belongs to it, [`CHUNK_SIZE`] rows in a transaction, so that
//! neither a database connection nor SQLite's single writer is busy for long:
//!
//! 1. brackets, results, versions of standings, and stages;
//! 2. registrations, waitlisted ones first. If the competition has not ended, their participants get a
//!    message in the same transaction. The seat counter changes with the rows, so that the seat invariant
//!    holds at every moment;
//! 3. the references of messages. The messages stay in the participants' mailboxes;
//! 4. the counts for its statistics;
//! 5. the competition's row. Another job deletes the files of its picture.
//!
//! Each job enqueues the next one. A crash in between loses nothing, and each message is written once, since
//! its registration is removed with it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, Query, SimpleExpr},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    fan_out::COMPETITION_CANCELLED, recipients::read_recipients,
    registration_counts::COUNTED_MINUTES,
};
use crate::{
    domain::{
        mailbox::{MessageWriter, NewMessage, mail, message_texts},
        news::News,
        picture_removal,
    },
    jobs::{JobKind, Queues, StepHandler, outbox::NewJob},
    model::{
        CompetitionId, CompetitionStatus, MessageId, MessageKind, RegistrationId,
        RegistrationStatus,
    },
    store::{
        InfrastructureError, Transaction, brackets, bulk,
        entity::{
            code, competition, competition_tally, division, message, outbox_job, registration,
            registration_count,
        },
        results,
    },
};

/// Removes, chunk by chunk, what belonged to a deleted competition.
pub const COMPETITION_DELETION: JobKind = JobKind::new("deletion", Queues::REMINDER);

/// The number of rows that are removed in one transaction.
const CHUNK_SIZE: u64 = 500;
/// The number of counts that are removed in one transaction. They are small, and nothing refers to them.
const COUNTS_CHUNK_SIZE: u64 = 5_000;

/// The payload of a chunk's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionPayload {
    competition_id: CompetitionId,
}

/// Returns the job that removes the next chunk of a deleted competition.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the payload can't be serialised, which is a bug.
pub(in crate::domain) fn job(competition_id: CompetitionId) -> Result<NewJob, InfrastructureError> {
    let payload = serde_json::to_value(DeletionPayload { competition_id })
        .map_err(InfrastructureError::internal)?;
    Ok(NewJob::new(COMPETITION_DELETION, competition_id, payload))
}

/// Removes deleted competitions, one chunk in a job.
#[derive(Debug, Clone)]
pub struct CompetitionDeletion {
    public_url: String,
    writer: MessageWriter,
    news: News,
}

impl CompetitionDeletion {
    /// Creates the handler; links in messages begin with `public_url`, and open pages learn of
    /// messages through `news`.
    #[must_use]
    pub fn new(public_url: &str, writer: MessageWriter, news: News) -> Self {
        Self {
            public_url: public_url.to_owned(),
            writer,
            news,
        }
    }

    /// Removes one chunk and returns the jobs that follow.
    async fn remove_chunk(
        &self,
        transaction: &Transaction,
        id: CompetitionId,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let deleted = competition::Entity::find_by_id(id)
            .filter(competition::Column::DeletedAt.is_not_null())
            .one(transaction)
            .await?;
        let Some(competition) = deleted else {
            return Ok(Vec::new());
        };
        if competition.has_divisions {
            // Nobody chooses them any more, and their counters need not follow while registrations are removed.
            division::Entity::update_many()
                .col_expr(division::Column::RemovedAt, Expr::value(now))
                .filter(division::Column::CompetitionId.eq(id))
                .filter(division::Column::RemovedAt.is_null())
                .exec(transaction)
                .await?;
        }
        if brackets::remove_brackets(transaction, id).await?
            || results::remove_results(transaction, id).await?
        {
            return Ok(vec![job(id)?]);
        }
        if competition.code_count > 0 {
            // Nobody registers with them any more, and their counters need not follow either.
            code::Entity::update_many()
                .col_expr(code::Column::RemovedAt, Expr::value(now))
                .filter(code::Column::CompetitionId.eq(id))
                .filter(code::Column::RemovedAt.is_null())
                .exec(transaction)
                .await?;
            competition::Entity::update_many()
                .col_expr(competition::Column::CodeCount, Expr::value(0))
                .col_expr(competition::Column::SeatsReserved, Expr::value(0))
                .col_expr(
                    competition::Column::CodesDueAt,
                    Expr::value(Option::<DateTime<Utc>>::None),
                )
                .filter(competition::Column::Id.eq(id))
                .exec(transaction)
                .await?;
        }
        let rows = lock_registrations(transaction, id).await?;
        if !rows.is_empty() {
            let mut jobs = self
                .write_messages(transaction, &competition, &rows, now)
                .await?;
            remove_registrations(transaction, id, &rows).await?;
            jobs.push(job(id)?);
            return Ok(jobs);
        }
        if detach_messages(transaction, id).await? {
            return Ok(vec![job(id)?]);
        }
        if remove_counts(transaction, id).await? {
            return Ok(vec![job(id)?]);
        }
        competition::Entity::delete_by_id(id)
            .exec(transaction)
            .await?;
        tracing::info!(competition.id = %id, "Removed deleted competition {id}");
        Ok(competition
            .picture()
            .iter()
            .map(picture_removal::job)
            .collect())
    }

    /// Writes messages to the participants of live registrations, if the competition has not ended.
    async fn write_messages(
        &self,
        transaction: &Transaction,
        competition: &competition::Model,
        rows: &[(RegistrationId, RegistrationStatus)],
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let ends = competition.ends_at.unwrap_or(competition.starts_at);
        if competition.status == CompetitionStatus::Draft || ends <= now {
            return Ok(Vec::new());
        }
        let live = rows.iter().filter(|(_, status)| status.is_live());
        let ids: Vec<_> = live.map(|(id, _)| *id).collect();
        let messages = read_recipients(transaction, &ids, &self.public_url)
            .await?
            .into_iter()
            .map(|(id, recipient)| {
                let (subject, body) = message_texts::called_off(&recipient.about);
                NewMessage {
                    user: recipient.user,
                    // Both rows are about to be removed.
                    registration: None,
                    competition: None,
                    announcement: None,
                    kind: MessageKind::Cancellation,
                    // The key of the message that the competition was cancelled: if a participant got
                    // that one already, there is no second.
                    dedupe_key: format!("{}:{id}", COMPETITION_CANCELLED),
                    subject,
                    body,
                    follows: None,
                }
            })
            .collect();
        self.writer.write(transaction, messages, now).await
    }
}

/// Locks the next registrations to remove, waitlisted ones before seated ones: no seat is free while a
/// registration waits for one.
async fn lock_registrations(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<Vec<(RegistrationId, RegistrationStatus)>, InfrastructureError> {
    let mut query = registration::Entity::find()
        .select_only()
        .columns([registration::Column::Id, registration::Column::Status])
        .filter(registration::Column::CompetitionId.eq(competition))
        .order_by_desc(registration::Column::Status)
        .limit(CHUNK_SIZE);
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    Ok(query.into_tuple().all(transaction).await?)
}

/// Removes registrations and updates the seat counter.
async fn remove_registrations(
    transaction: &Transaction,
    competition: CompetitionId,
    rows: &[(RegistrationId, RegistrationStatus)],
) -> Result<(), InfrastructureError> {
    let backend = transaction.get_database_backend();
    let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
    let count = |counts: fn(RegistrationStatus) -> bool| {
        let counted = rows.iter().filter(|(_, status)| counts(*status)).count();
        i32::try_from(counted).map_err(InfrastructureError::internal)
    };
    let seated = count(RegistrationStatus::holds_seat)?;
    let waiting = count(|status| status == RegistrationStatus::Waitlisted)?;
    let about = (message::Entity, message::Column::RegistrationId);
    let messages = bulk::among(backend, about, &ids);
    delete_unsent_mails(transaction, messages.clone()).await?;
    detach(transaction, messages).await?;
    registration::Entity::delete_many()
        .filter(bulk::among(
            backend,
            (registration::Entity, registration::Column::Id),
            &ids,
        ))
        .exec(transaction)
        .await?;
    use competition::Column;
    competition::Entity::update_many()
        .col_expr(Column::SeatsLeft, Expr::col(Column::SeatsLeft).add(seated))
        .col_expr(
            Column::Waitlisted,
            Expr::col(Column::Waitlisted).sub(waiting),
        )
        .filter(Column::Id.eq(competition))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Deletes the jobs that would send `messages` by mail. The messages stay in the mailbox; none of their mails
/// may follow the one that says that the competition is cancelled.
async fn delete_unsent_mails(
    transaction: &Transaction,
    messages: SimpleExpr,
) -> Result<(), InfrastructureError> {
    let unsent = Query::select()
        .column(message::Column::Id)
        .from(message::Entity)
        .and_where(messages)
        .and_where(message::Column::Kind.ne(MessageKind::Cancellation))
        .and_where(message::Column::SentAt.is_null())
        .to_owned();
    outbox_job::Entity::delete_many()
        .filter(outbox_job::Column::Kind.eq(mail::KIND.name))
        .filter(outbox_job::Column::SubjectId.in_subquery(unsent))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Removes the references of a chunk of messages to the competition. Returns `false` if no message has any.
async fn detach_messages(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<bool, InfrastructureError> {
    let ids: Vec<MessageId> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::CompetitionId.eq(competition))
        .limit(CHUNK_SIZE)
        .into_tuple()
        .all(transaction)
        .await?;
    if ids.is_empty() {
        return Ok(false);
    }
    let message_ids = (message::Entity, message::Column::Id);
    detach(
        transaction,
        bulk::among(transaction.get_database_backend(), message_ids, &ids),
    )
    .await?;
    Ok(true)
}

/// Removes a chunk of the counts of the competition, and its few tallies. Returns whether counts may be
/// left.
async fn remove_counts(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<bool, InfrastructureError> {
    use registration_count::Column;
    for minutes in COUNTED_MINUTES {
        let of_competition = registration_count::Entity::find()
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::Minutes.eq(minutes));
        let chunk: Vec<i64> = of_competition
            .select_only()
            .column(Column::FirstMinute)
            .order_by_asc(Column::FirstMinute)
            .limit(COUNTS_CHUNK_SIZE)
            .into_tuple()
            .all(transaction)
            .await?;
        let Some(last) = chunk.last() else { continue };
        registration_count::Entity::delete_many()
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::Minutes.eq(minutes))
            .filter(Column::FirstMinute.lte(*last))
            .exec(transaction)
            .await?;
        if chunk.len() as u64 == COUNTS_CHUNK_SIZE {
            return Ok(true);
        }
    }
    competition_tally::Entity::delete_many()
        .filter(competition_tally::Column::CompetitionId.eq(competition))
        .exec(transaction)
        .await?;
    Ok(false)
}

/// Removes the references of messages to their registration and competition.
async fn detach(
    transaction: &Transaction,
    messages: SimpleExpr,
) -> Result<(), InfrastructureError> {
    message::Entity::update_many()
        .col_expr(
            message::Column::RegistrationId,
            Expr::value(Option::<Uuid>::None),
        )
        .col_expr(
            message::Column::CompetitionId,
            Expr::value(Option::<Uuid>::None),
        )
        .filter(messages)
        .exec(transaction)
        .await?;
    Ok(())
}

#[async_trait]
impl StepHandler for CompetitionDeletion {
    type Payload = DeletionPayload;

    async fn step(
        &self,
        transaction: &Transaction,
        payload: DeletionPayload,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        self.remove_chunk(transaction, payload.competition_id, now)
            .await
    }

    async fn step_committed(&self, payload: DeletionPayload) {
        let competition = payload.competition_id;
        self.news.changed_for_participants(competition).await;
    }
}

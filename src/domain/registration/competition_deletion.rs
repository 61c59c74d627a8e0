//! Removing a deleted competition's rows.
//!
//! Deleting marks the competition's row (`deleted_at`): from that commit on it is gone for everyone.
//! The job that is born in the same transaction then removes what belongs to it, [`CHUNK`] rows a
//! transaction, so that neither a database connection nor SQLite's single writer is taken for long:
//!
//! 1. registrations, those on the waitlist first. Whoever held a seat or a place in something that
//!    was to come is told in the same transaction; the seat counter moves with the rows, so that the
//!    seat invariant holds at every moment;
//! 2. what messages refer to. The messages themselves stay in people's mailboxes;
//! 3. the competition's row.
//!
//! Each chunk's job gives birth to the next one's. A process that dies in between loses nothing, and
//! nobody is told twice: whom a chunk told, it also removed.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, Query, SimpleExpr},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{job_kinds, recipients::read_recipients};
use crate::{
    domain::mailbox::{MessageWriter, NewMessage, mail, message_texts},
    jobs::{StepHandler, outbox::NewJob},
    model::{
        CompetitionId, CompetitionStatus, MessageId, MessageKind, RegistrationId,
        RegistrationStatus,
    },
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, message, outbox_job, registration},
    },
};

/// Rows removed in one transaction.
const CHUNK: u64 = 500;

/// What a chunk's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionPayload {
    competition_id: CompetitionId,
}

/// Returns the job that removes the next chunk of a deleted competition.
///
/// # Errors
/// Never in practice: an id always serialises.
pub(in crate::domain) fn job(competition_id: CompetitionId) -> Result<NewJob, InfrastructureError> {
    let payload = serde_json::to_value(DeletionPayload { competition_id })
        .map_err(InfrastructureError::internal)?;
    Ok(NewJob::new(
        job_kinds::COMPETITION_DELETION,
        competition_id,
        payload,
    ))
}

/// Removes deleted competitions, a chunk a job.
#[derive(Debug, Clone)]
pub struct CompetitionDeletion {
    public_url: String,
    writer: MessageWriter,
}

impl CompetitionDeletion {
    /// Creates the handler; links in messages begin with `public_url`.
    #[must_use]
    pub fn new(public_url: &str, writer: MessageWriter) -> Self {
        Self {
            public_url: public_url.to_owned(),
            writer,
        }
    }

    /// Removes one chunk and returns the jobs that follow from it.
    async fn chunk(
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
        let rows = lock_registrations(transaction, id).await?;
        if !rows.is_empty() {
            let mut born = self.tell(transaction, &competition, &rows, now).await?;
            remove(transaction, id, &rows).await?;
            born.push(job(id)?);
            return Ok(born);
        }
        if detach_messages(transaction, id).await? {
            return Ok(vec![job(id)?]);
        }
        competition::Entity::delete_by_id(id)
            .exec(transaction)
            .await?;
        tracing::info!(competition.id = %id, "Removed deleted competition {id}");
        Ok(Vec::new())
    }

    /// Tells those of `rows` whose registration ends with this, if there was anything to come.
    async fn tell(
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
        let letters = read_recipients(transaction, &ids, &self.public_url)
            .await?
            .into_iter()
            .map(|(id, recipient)| {
                let (title, body) = message_texts::called_off(&recipient.about);
                NewMessage {
                    user: recipient.user,
                    // What it is about is about to go.
                    registration: None,
                    competition: None,
                    kind: MessageKind::Cancellation,
                    // As if it had been called off before: then everyone knows already.
                    dedupe_key: format!("{}:{id}", job_kinds::COMPETITION_CANCELLED),
                    subject: title,
                    body,
                    follows: None,
                }
            })
            .collect();
        self.writer.write(transaction, letters, now).await
    }
}

/// The next registrations to be removed, the waitlist's before seats: no seat stands free while
/// people wait for one.
async fn lock_registrations(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<Vec<(RegistrationId, RegistrationStatus)>, InfrastructureError> {
    let mut query = registration::Entity::find()
        .select_only()
        .columns([registration::Column::Id, registration::Column::Status])
        .filter(registration::Column::CompetitionId.eq(competition))
        .order_by_desc(registration::Column::Status)
        .limit(CHUNK);
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    Ok(query.into_tuple().all(transaction).await?)
}

async fn remove(
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
    end_mails(transaction, messages.clone()).await?;
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

/// Ends the mails of messages that have not gone out: the mailbox keeps them, and none of them may
/// follow the one that says that the competition is cancelled.
async fn end_mails(
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

/// Lets a chunk of the messages that name the competition name nothing; `false` if none does.
async fn detach_messages(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<bool, InfrastructureError> {
    let ids: Vec<MessageId> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::CompetitionId.eq(competition))
        .limit(CHUNK)
        .into_tuple()
        .all(transaction)
        .await?;
    if ids.is_empty() {
        return Ok(false);
    }
    let them = (message::Entity, message::Column::Id);
    detach(
        transaction,
        bulk::among(transaction.get_database_backend(), them, &ids),
    )
    .await?;
    Ok(true)
}

async fn detach(transaction: &Transaction, which: SimpleExpr) -> Result<(), InfrastructureError> {
    message::Entity::update_many()
        .col_expr(
            message::Column::RegistrationId,
            Expr::value(Option::<Uuid>::None),
        )
        .col_expr(
            message::Column::CompetitionId,
            Expr::value(Option::<Uuid>::None),
        )
        .filter(which)
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
        self.chunk(transaction, payload.competition_id, now).await
    }
}

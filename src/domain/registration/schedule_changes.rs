//! Messages to every participant when a competition's time or location changes.
//!
//! Each schedule of a competition has a number, `schedule_revision`. The transaction of a change keeps the
//! old schedule under its number, raises the number, and enqueues a job. Each registration has the number of
//! the schedule that its participant knows: the one at registration, until a message says otherwise. The job
//! goes through the registrations, one page in a transaction. A participant who knows an older schedule gets
//! a message with that schedule and the new one, and the registration's number is raised in the same
//! transaction. So each message is written once, and a crash loses nothing.
//!
//! Several changes in quick succession make one message: a job stops if its change was followed by another
//! one, which has a job of its own. Its message then leads from the schedule that the participant knows to
//! the newest. If they are the same, there is no message.
//!
//! An organizer can replace a schedule without a message. That keeps the old schedule and raises the number as
//! well, so that the next message still leads from what each participant knows, but it enqueues no job: the job
//! of a change before it goes on, and its message says what is true by then.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde::{Deserialize, Serialize};

use super::{
    keyset_pagination, message_order,
    recipients::{Recipient, read_recipients},
};
use crate::{
    domain::{
        mailbox::{MessageWriter, NewMessage, message_texts},
        news::News,
        schedule::Schedule,
    },
    jobs::{JobKind, Queues, StepHandler, outbox::NewJob},
    model::{CompetitionId, CompetitionStatus, MessageKind, RegistrationId},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, former_schedule, registration},
    },
};

/// Tells all participants, page by page, that the competition's time or location has changed.
pub const SCHEDULE_CHANGE: JobKind = JobKind::new("change", Queues::REMINDER);

/// The number of registrations that are read in one transaction.
const PAGE_SIZE: u64 = 500;

/// The payload of a page's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleChangePage {
    competition_id: CompetitionId,
    /// The number of the new schedule.
    revision: i32,
    /// The last registration of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<RegistrationId>,
}

impl ScheduleChangePage {
    fn job(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{}:{}:{after}", self.competition_id, self.revision);
        Ok(NewJob::once(
            SCHEDULE_CHANGE,
            self.competition_id,
            payload,
            &key,
        ))
    }
}

/// Returns the first job that tells participants the schedule with this number.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the payload can't be serialised, which is a bug.
pub(super) fn job(
    competition_id: CompetitionId,
    revision: i32,
) -> Result<NewJob, InfrastructureError> {
    ScheduleChangePage {
        competition_id,
        revision,
        after: None,
    }
    .job()
}

/// Writes messages about changed schedules, one page of registrations in a job.
#[derive(Debug, Clone)]
pub struct ScheduleChanges {
    public_url: String,
    writer: MessageWriter,
    news: News,
}

impl ScheduleChanges {
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

    /// Writes one page's messages and returns the jobs that follow.
    async fn write_page(
        &self,
        transaction: &Transaction,
        page: ScheduleChangePage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let registrations = lock_registrations(transaction, &page).await?;
        // Read under the locks of the registrations: the job of a later change waits for them.
        let competition = competition::Entity::existing_by_id(page.competition_id)
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .one(transaction)
            .await?;
        let (Some(competition), Some((last, _))) = (competition, registrations.last()) else {
            return Ok(Vec::new());
        };
        if has_later_job(transaction, &page).await? {
            return Ok(Vec::new());
        }
        let revision = competition.schedule_revision;
        let known = read_former_schedules(transaction, page.competition_id, &registrations).await?;
        let ids: Vec<_> = registrations.iter().map(|(id, _)| *id).collect();
        let recipients = read_recipients(transaction, &ids, &self.public_url).await?;
        let new = Schedule::from(competition);
        let messages = registrations.iter().filter_map(|(id, revision)| {
            let (recipient, old) = (recipients.get(id)?, known.get(revision)?);
            // Changed back before the participant got a message: nothing has changed.
            (*old != new).then(|| message(&page, *id, recipient, old, &new))
        });
        let mut messages: Vec<_> = messages.collect();
        // The new schedule replaces no earlier message, but has to be read last.
        message_order::date_after_earlier(transaction, &mut messages).await?;
        let mut jobs = self.writer.write(transaction, messages, now).await?;
        registration::Entity::update_many()
            .col_expr(
                registration::Column::ScheduleRevision,
                Expr::value(revision),
            )
            .filter(bulk::among(
                transaction.get_database_backend(),
                (registration::Entity, registration::Column::Id),
                &ids,
            ))
            .exec(transaction)
            .await?;
        if registrations.len() as u64 == PAGE_SIZE {
            let after = Some(*last);
            jobs.push(ScheduleChangePage { after, ..page }.job()?);
        }
        Ok(jobs)
    }
}

impl From<competition::Model> for Schedule {
    fn from(row: competition::Model) -> Self {
        Self {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            location: row.location,
        }
    }
}

/// Locks the page's registrations and returns them with the numbers of the schedules that their
/// participants know.
async fn lock_registrations(
    transaction: &Transaction,
    page: &ScheduleChangePage,
) -> Result<Vec<(RegistrationId, i32)>, InfrastructureError> {
    use registration::Column;
    let mut query = registration::Entity::find()
        .select_only()
        .columns([Column::Id, Column::ScheduleRevision])
        .filter(Column::CompetitionId.eq(page.competition_id))
        .filter(registration::is_live())
        .filter(Column::ScheduleRevision.lt(page.revision))
        .limit(PAGE_SIZE);
    query = keyset_pagination::in_registration_order(query, page.after);
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    Ok(query.into_tuple().all(transaction).await?)
}

/// Returns whether the schedule of the page was replaced by a change that has a job of its own.
async fn has_later_job(
    transaction: &Transaction,
    page: &ScheduleChangePage,
) -> Result<bool, InfrastructureError> {
    use former_schedule::{Column, Entity};
    let replaced = Entity::find()
        .select_only()
        .column(Column::Revision)
        .filter(Column::CompetitionId.eq(page.competition_id))
        .filter(Column::Revision.gte(page.revision))
        .filter(Column::Notifies.eq(true))
        .into_tuple::<i32>()
        .one(transaction)
        .await?;
    Ok(replaced.is_some())
}

/// Reads the schedules that these participants know, by number.
async fn read_former_schedules(
    transaction: &Transaction,
    competition: CompetitionId,
    registrations: &[(RegistrationId, i32)],
) -> Result<HashMap<i32, Schedule>, InfrastructureError> {
    use former_schedule::{Column, Entity};
    let numbers: HashSet<i32> = registrations
        .iter()
        .map(|(_, revision)| *revision)
        .collect();
    let rows = Entity::find()
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::Revision.is_in(numbers))
        .all(transaction)
        .await?;
    let schedule = |row: former_schedule::Model| Schedule {
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        location: row.location,
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.revision, schedule(row)))
        .collect())
}

fn message(
    page: &ScheduleChangePage,
    id: RegistrationId,
    recipient: &Recipient,
    old: &Schedule,
    new: &Schedule,
) -> NewMessage {
    let (subject, body) =
        message_texts::changed(&recipient.about, old, new, recipient.status.holds_seat());
    NewMessage {
        user: recipient.user,
        registration: Some(id),
        competition: Some(page.competition_id),
        announcement: None,
        kind: MessageKind::Change,
        dedupe_key: format!("{}:{id}:{}", SCHEDULE_CHANGE, page.revision),
        subject,
        body,
        follows: None,
    }
}

#[async_trait]
impl StepHandler for ScheduleChanges {
    type Payload = ScheduleChangePage;

    async fn step(
        &self,
        transaction: &Transaction,
        page: ScheduleChangePage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        self.write_page(transaction, page, now).await
    }

    async fn step_committed(&self, page: ScheduleChangePage) {
        let competition = page.competition_id;
        self.news.changed_for_participants(competition).await;
    }
}

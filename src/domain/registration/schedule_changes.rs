//! Telling everyone who is registered that a competition takes place at another time or place.
//!
//! Each schedule of a competition has a number, `schedule_revision`. The transaction of a change
//! keeps the old schedule under its number, counts up, and gives birth to a job. Each registration
//! has the number of the schedule that its holder knows: that of the day on which they registered,
//! until they are told. The job walks through the registrations, a page a transaction, and tells
//! those who know an older schedule what it was for them and what it is now; the number is raised in
//! the same transaction, so nobody is told twice, and a process that dies loses nothing.
//!
//! Several changes in quick succession come together: a job whose change was followed by another
//! stops (the next one has a job of its own), so whoever was not told of the first reads one message
//! from the schedule they know to the newest; and nobody is told of a way back to what they know.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde::{Deserialize, Serialize};

use super::{
    job_kinds, keyset_pagination, message_order,
    recipients::{Recipient, read_recipients},
};
use crate::{
    domain::{
        mailbox::{MessageWriter, NewMessage, message_texts},
        schedule::Schedule,
    },
    jobs::{StepHandler, outbox::NewJob},
    model::{CompetitionId, CompetitionStatus, MessageKind, RegistrationId, RegistrationStatus},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, former_schedule, registration},
    },
};

/// People told in one transaction.
const PAGE: u64 = 500;

/// What a page's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleChangePage {
    competition_id: CompetitionId,
    /// The number of the schedule that people are told.
    revision: i32,
    /// The last one who was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<RegistrationId>,
}

impl ScheduleChangePage {
    fn job(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{}:{}:{after}", self.competition_id, self.revision);
        Ok(NewJob::once(
            job_kinds::SCHEDULE_CHANGE,
            self.competition_id,
            payload,
            &key,
        ))
    }
}

/// Returns the job that begins to tell everyone of the schedule with this number.
///
/// # Errors
/// Never in practice: ids and numbers always serialise.
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

/// Tells people of changed schedules, a page a job.
#[derive(Debug, Clone)]
pub struct ScheduleChanges {
    public_url: String,
    writer: MessageWriter,
}

impl ScheduleChanges {
    /// Creates the handler; links in messages begin with `public_url`.
    #[must_use]
    pub fn new(public_url: &str, writer: MessageWriter) -> Self {
        Self {
            public_url: public_url.to_owned(),
            writer,
        }
    }

    /// Tells one page's people and returns the jobs that follow from it.
    async fn page(
        &self,
        transaction: &Transaction,
        page: ScheduleChangePage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let people = lock_people(transaction, &page).await?;
        // Read under the locks of the people's rows: whoever tells them of a later change waits.
        let competition = competition::Entity::existing_by_id(page.competition_id)
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .filter(competition::Column::ScheduleRevision.eq(page.revision))
            .one(transaction)
            .await?;
        let (Some(competition), Some((last, _))) = (competition, people.last()) else {
            return Ok(Vec::new());
        };
        let known = former(transaction, page.competition_id, &people).await?;
        let ids: Vec<_> = people.iter().map(|(id, _)| *id).collect();
        let recipients = read_recipients(transaction, &ids, &self.public_url).await?;
        let now_holds = Schedule::from(competition);
        let letters = people.iter().filter_map(|(id, revision)| {
            let (recipient, old) = (recipients.get(id)?, known.get(revision)?);
            // Moved there and back before anybody was told: nothing has changed.
            (*old != now_holds).then(|| letter(&page, *id, recipient, old, &now_holds))
        });
        let mut letters: Vec<_> = letters.collect();
        message_order::date(transaction, job_kinds::SCHEDULE_CHANGE, &mut letters).await?;
        let mut born = self.writer.write(transaction, letters, now).await?;
        registration::Entity::update_many()
            .col_expr(
                registration::Column::ScheduleRevision,
                Expr::value(page.revision),
            )
            .filter(bulk::among(
                transaction.get_database_backend(),
                (registration::Entity, registration::Column::Id),
                &ids,
            ))
            .exec(transaction)
            .await?;
        if people.len() as u64 == PAGE {
            let after = Some(*last);
            born.push(ScheduleChangePage { after, ..page }.job()?);
        }
        Ok(born)
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

/// The page's people, with the number of the schedule that each knows, locked.
async fn lock_people(
    transaction: &Transaction,
    page: &ScheduleChangePage,
) -> Result<Vec<(RegistrationId, i32)>, InfrastructureError> {
    use registration::Column;
    let mut query = registration::Entity::find()
        .select_only()
        .columns([Column::Id, Column::ScheduleRevision])
        .filter(Column::CompetitionId.eq(page.competition_id))
        .filter(Column::Status.ne(RegistrationStatus::Cancelled))
        .filter(Column::ScheduleRevision.lt(page.revision))
        .limit(PAGE);
    query = keyset_pagination::in_registration_order(query, page.after);
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    Ok(query.into_tuple().all(transaction).await?)
}

/// The schedules that these people know, by number.
async fn former(
    transaction: &Transaction,
    competition: CompetitionId,
    people: &[(RegistrationId, i32)],
) -> Result<HashMap<i32, Schedule>, InfrastructureError> {
    use former_schedule::{Column, Entity};
    let numbers: HashSet<i32> = people.iter().map(|(_, revision)| *revision).collect();
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

fn letter(
    page: &ScheduleChangePage,
    id: RegistrationId,
    recipient: &Recipient,
    old: &Schedule,
    new: &Schedule,
) -> NewMessage {
    let (title, body) =
        message_texts::changed(&recipient.about, old, new, recipient.status.holds_seat());
    NewMessage {
        user: recipient.user,
        registration: Some(id),
        competition: Some(page.competition_id),
        kind: MessageKind::Change,
        dedupe_key: format!("{}:{id}:{}", job_kinds::SCHEDULE_CHANGE, page.revision),
        subject: title,
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
        self.page(transaction, page, now).await
    }
}

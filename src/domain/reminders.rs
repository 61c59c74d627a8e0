//! Reminders, reconciled: nobody fires and forgets.
//!
//! A sweep looks for people who hold a seat in a published competition that begins soon, and who
//! have neither a reminder in their mailbox nor a job (or dead letter) for one. However often and
//! in however many processes it runs, there is one reminder a registration: the job's id and the
//! letter's `dedupe_key` both follow from the registration's id.
//!
//! It runs at each tick of `REMINDER_CRON`, for all that begins within [`AHEAD`]; and every minute
//! for latecomers, up to the [`horizon`] that the last tick has seen to.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::registration::ReminderPayload as Payload,
    jobs::{
        JobKind,
        outbox::{self, Outbox},
        scheduler::{self, Chore, End},
    },
    model::{
        CompetitionId, CompetitionStatus, MessageKind, RegistrationId, RegistrationStatus, UserId,
    },
    ops::Clock,
    store::{
        Database, Fault,
        entity::{competition, failed_job, message, outbox_job, registration},
    },
};

/// How long before the start people are reminded.
pub const AHEAD: TimeDelta = TimeDelta::hours(24);
/// The name of the ticks of `REMINDER_CRON`.
pub const CHORE: &str = "reminders";
/// The name of the ticks at which latecomers are seen to.
pub const LATECOMERS: &str = "reminders-latecomers";
/// Jobs born in one transaction.
const BATCH: u64 = 1_000;

/// Finds who is to be reminded. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reminders {
    database: Database,
    outbox: Outbox,
    clock: Clock,
    schedule: Schedule,
}

impl Reminders {
    /// At the ticks of `schedule`.
    #[must_use]
    pub fn new(database: Database, outbox: Outbox, clock: Clock, schedule: Schedule) -> Self {
        Self {
            database,
            outbox,
            clock,
            schedule,
        }
    }

    /// Enqueues reminders for everything that begins up to `horizon`, until the shutdown signal
    /// `stop`. Each batch is a transaction of its own.
    ///
    /// # Errors
    /// What the database says; batches before that stand.
    pub async fn sweep(
        &self,
        horizon: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<End, Fault> {
        let now = self.clock.now();
        let soon: Vec<CompetitionId> = competition::Entity::find()
            .select_only()
            .column(competition::Column::Id)
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .filter(competition::Column::StartsAt.gt(now))
            .filter(competition::Column::StartsAt.lte(horizon))
            .order_by_asc(competition::Column::StartsAt)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let mut reminded = 0;
        for competition in soon {
            reminded += self.sweep_competition(competition, now, stop).await?;
            if stop.is_cancelled() {
                break;
            }
        }
        if reminded > 0 {
            tracing::info!(reminded, "reminders are on their way");
        }
        Ok(End::unless_stopped(stop))
    }

    async fn sweep_competition(
        &self,
        competition_id: CompetitionId,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<u64, Fault> {
        let (mut reminded, mut after) = (0, None);
        loop {
            if stop.is_cancelled() {
                return Ok(reminded);
            }
            let people = self.unreminded(competition_id, after).await?;
            let Some((last, _)) = people.last() else {
                return Ok(reminded);
            };
            after = Some(*last);
            let jobs = people
                .iter()
                .map(|(registration_id, user_id)| {
                    Payload {
                        registration_id: *registration_id,
                        user_id: *user_id,
                        competition_id,
                        waitlist_position: None,
                    }
                    .reminder()
                })
                .collect::<Result<Vec<_>, Fault>>()?;
            let transaction = self.database.begin().await?;
            outbox::write(&transaction, &jobs, now).await?;
            transaction.commit().await?;
            self.outbox.committed(&jobs).await;
            reminded += jobs.len() as u64;
        }
    }

    async fn unreminded(
        &self,
        competition: CompetitionId,
        after: Option<RegistrationId>,
    ) -> Result<Vec<(RegistrationId, UserId)>, Fault> {
        use registration::Column;
        let id = || Expr::col((registration::Entity, Column::Id));
        let mut query = registration::Entity::find()
            .select_only()
            .columns([Column::Id, Column::UserId])
            .filter(Column::CompetitionId.eq(competition))
            .filter(
                Column::Status.is_in([RegistrationStatus::Pending, RegistrationStatus::Confirmed]),
            )
            .filter(
                Condition::all().not().add(Expr::exists(
                    Query::select()
                        .expr(Expr::val(1))
                        .from(message::Entity)
                        .and_where(
                            Expr::col((message::Entity, message::Column::RegistrationId)).eq(id()),
                        )
                        .and_where(message::Column::Kind.eq(MessageKind::Reminder))
                        .to_owned(),
                )),
            )
            .filter(not_a_job(
                outbox_job::Entity,
                outbox_job::Column::SubjectId,
                outbox_job::Column::Kind,
                id(),
            ))
            .filter(not_a_job(
                failed_job::Entity,
                failed_job::Column::SubjectId,
                failed_job::Column::Kind,
                id(),
            ))
            .order_by_asc(Column::Id)
            .limit(BATCH);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        Ok(query.into_tuple().all(self.database.read()).await?)
    }
}

/// No reminder of the registration `id` stands in a table of jobs.
fn not_a_job<E: EntityTrait, C: ColumnTrait>(
    table: E,
    subject: C,
    kind: C,
    id: sea_orm::sea_query::SimpleExpr,
) -> Condition {
    let jobs: SelectStatement = Query::select()
        .expr(Expr::val(1))
        .from(table)
        .and_where(Expr::col((table, subject)).eq(id))
        .and_where(kind.eq(JobKind::Reminder.as_str()))
        .to_owned();
    Condition::all().not().add(Expr::exists(jobs))
}

/// Up to which start latecomers are reminded: what the last tick has seen to, and what begins before
/// the next one; but never earlier than [`AHEAD`] before the start.
#[must_use]
pub fn horizon(
    now: DateTime<Utc>,
    last: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let seen_to = last.map_or(now, |last| last + AHEAD);
    // Without a next tick there is nobody else to do it.
    let before_next = next.unwrap_or(now + AHEAD);
    Ord::min(Ord::max(seen_to, before_next), now + AHEAD)
}

/// At each tick of `REMINDER_CRON`: everybody.
#[async_trait]
impl Chore for Reminders {
    async fn run(&self, now: DateTime<Utc>, stop: &CancellationToken) -> Result<End, Fault> {
        self.sweep(now + AHEAD, stop).await
    }
}

/// Every minute: those who took their seat after the tick.
#[derive(Debug, Clone)]
pub struct Latecomers(pub Reminders);

#[async_trait]
impl Chore for Latecomers {
    async fn run(&self, now: DateTime<Utc>, stop: &CancellationToken) -> Result<End, Fault> {
        let last = scheduler::last_fired(&self.0.database, CHORE).await?;
        let next = scheduler::next_tick(&self.0.schedule, now);
        self.0.sweep(horizon(now, last, next), stop).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn latecomers_are_reminded_of_what_the_last_tick_has_seen_to() {
        let now = at("2030-01-01T09:00:00Z");
        let (last, next) = (at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00Z"));
        assert_eq!(horizon(now, Some(last), Some(next)), next);
    }

    #[test]
    fn nobody_waits_for_a_tick_that_comes_after_the_start() {
        let now = at("2030-01-01T09:00:00Z");
        let (last, next) = (at("2029-12-30T00:00:00Z"), at("2030-01-06T00:00:00Z"));
        assert_eq!(horizon(now, Some(last), Some(next)), now + AHEAD);
        assert_eq!(horizon(now, None, None), now + AHEAD);
    }

    #[test]
    fn what_the_next_tick_will_see_to_is_left_to_it() {
        let now = at("2030-01-01T09:00:00Z");
        let next = at("2030-01-01T10:00:00Z");
        assert_eq!(horizon(now, None, Some(next)), next);
    }
}

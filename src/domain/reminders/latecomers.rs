//! Reminders for participants who take their seat after the tick of `REMINDER_CRON` that reminded the
//! others.
//!
//! Runs every minute in one process and looks at what has changed since the last run. Its cost follows
//! the number of changes, not of seats: it reads the registrations and promotions above a
//! [`Watermark`]. All registrations of a competition are read only if it was edited since, or has come
//! within the [`horizon`]. A run that was interrupted starts again from the same watermark.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
    sea_query::ExprTrait,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{AHEAD, BATCH, Reminders, outcome};
use crate::{
    domain::registration::Watermark,
    jobs::scheduler::{self, RunOutcome, ScheduledTask, state},
    model::RegistrationId,
    store::{
        InfrastructureError,
        entity::{competition, registration},
    },
};

/// The name of the scheduled task and of its state.
pub const TASK_NAME: &str = "reminders-latecomers";

/// The time of a promotion, and the registration.
type Promotion = (DateTime<Utc>, RegistrationId);

/// The state between runs: what was examined up to then.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Examined {
    since: Watermark,
    horizon: DateTime<Utc>,
}

/// The scheduled task that reminds participants who took their seat after the last tick.
#[derive(Debug, Clone)]
pub struct Latecomers(pub Reminders);

impl Reminders {
    /// Enqueues reminders for what has changed since the run `before`.
    async fn catch_up(
        &self,
        before: &Examined,
        horizon: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let moved = Condition::any()
            .add(competition::Column::StartsAt.gt(before.horizon))
            .add(competition::Column::UpdatedAt.gt(before.since.time()));
        let moved = self.soon(horizon, moved).await?;
        let mut reminded = self.sweep_all(moved, stop).await?;

        let mut after = before.since.id();
        while !stop.is_cancelled() {
            let new = self.registered_after(after).await?;
            let Some(last) = new.last() else { break };
            after = *last;
            reminded += self.remind_those(&new, horizon).await?;
        }
        let mut after = (before.since.time(), RegistrationId(Uuid::nil()));
        while !stop.is_cancelled() {
            let promoted = self.promoted_after(after).await?;
            let Some(last) = promoted.last() else { break };
            after = *last;
            let ids: Vec<_> = promoted.into_iter().map(|(_, id)| id).collect();
            reminded += self.remind_those(&ids, horizon).await?;
        }
        Ok(outcome(reminded, stop))
    }

    /// Returns a page of registrations in the order of their creation, whatever their status is now.
    async fn registered_after(
        &self,
        after: RegistrationId,
    ) -> Result<Vec<RegistrationId>, InfrastructureError> {
        use registration::Column;
        Ok(registration::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(BATCH)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }

    /// Returns a page of promotions from the waitlist, in their order.
    async fn promoted_after(
        &self,
        (time, id): Promotion,
    ) -> Result<Vec<Promotion>, InfrastructureError> {
        use registration::Column;
        let later = Condition::any()
            .add(Column::PromotedAt.gt(time))
            .add(Column::PromotedAt.eq(time).and(Column::Id.gt(id)));
        Ok(registration::Entity::find()
            .select_only()
            .columns([Column::PromotedAt, Column::Id])
            // The index is used for this; the rest of the condition is about equal times.
            .filter(Column::PromotedAt.gte(time))
            .filter(later)
            .order_by_asc(Column::PromotedAt)
            .order_by_asc(Column::Id)
            .limit(BATCH)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }
}

#[async_trait]
impl ScheduledTask for Latecomers {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let last = scheduler::last_fired(&self.0.database, super::TASK_NAME).await?;
        let next = scheduler::next_tick(&self.0.schedule, now);
        let database = &self.0.database;
        let examined = Examined {
            since: Watermark::read(database.read(), now).await?,
            horizon: horizon(now, last, next),
        };
        let before: Option<Examined> = state::read(database, TASK_NAME).await?;
        let end = match before {
            Some(before) => self.0.catch_up(&before, examined.horizon, stop).await?,
            None => self.0.sweep(examined.horizon, stop).await?,
        };
        if end == RunOutcome::Complete {
            state::write(database, TASK_NAME, &examined, now).await?;
        }
        Ok(end)
    }
}

/// Returns up to which start latecomers are reminded: competitions that the last tick covered, and
/// those that start before the next one; but never earlier than [`AHEAD`] before the start.
#[must_use]
pub fn horizon(
    now: DateTime<Utc>,
    last: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let covered = last.map_or(now, |last| last + AHEAD);
    // Without a next tick no other run reminds them.
    let before_next = next.unwrap_or(now + AHEAD);
    Ord::min(Ord::max(covered, before_next), now + AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn latecomers_are_reminded_of_competitions_that_the_last_tick_covered() {
        let now = at("2030-01-01T09:00:00Z");
        let (last, next) = (at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00Z"));
        assert_eq!(horizon(now, Some(last), Some(next)), next);
    }

    #[test]
    fn participants_are_reminded_before_a_start_that_precedes_the_next_tick() {
        let now = at("2030-01-01T09:00:00Z");
        let (last, next) = (at("2029-12-30T00:00:00Z"), at("2030-01-06T00:00:00Z"));
        assert_eq!(horizon(now, Some(last), Some(next)), now + AHEAD);
        assert_eq!(horizon(now, None, None), now + AHEAD);
    }

    #[test]
    fn competitions_that_the_next_tick_covers_are_left_to_it() {
        let now = at("2030-01-01T09:00:00Z");
        let next = at("2030-01-01T10:00:00Z");
        assert_eq!(horizon(now, None, Some(next)), next);
    }
}

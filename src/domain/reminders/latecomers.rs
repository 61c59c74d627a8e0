//! Those who take their seat after the tick of `REMINDER_CRON` that reminded all others.
//!
//! Every minute, in one process: what has happened since the last look. It costs as much as there
//! is news, however many hold seats: it begins at a [`Watermark`] and reads the registrations and
//! promotions above it. Everybody in a competition is read only if it was edited since, or has come
//! into the [`horizon`]. A look that was interrupted is begun again from the same watermark.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
    sea_query::ExprTrait,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{AHEAD, BATCH, Reminders, ended};
use crate::{
    domain::registration::Watermark,
    jobs::scheduler::{self, RunOutcome, ScheduledTask, state},
    model::RegistrationId,
    store::{
        InfrastructureError,
        entity::{competition, registration},
    },
};

/// The name of its ticks and of its shared row.
pub const TASK_NAME: &str = "reminders-latecomers";

/// When a registration was promoted, and which.
type Promoted = (DateTime<Utc>, RegistrationId);

/// A look at latecomers: up to where everything was seen to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Look {
    since: Watermark,
    horizon: DateTime<Utc>,
}

/// Every minute: those who took their seat after the tick.
#[derive(Debug, Clone)]
pub struct Latecomers(pub Reminders);

impl Reminders {
    /// The same for what has happened since a look `before`.
    async fn catch_up(
        &self,
        before: &Look,
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
        Ok(ended(reminded, stop))
    }

    /// A page of registrations in the order in which they were made, whatever became of them.
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

    /// A page of those who came from the queue to a seat, in that order.
    async fn promoted_after(
        &self,
        (time, id): Promoted,
    ) -> Result<Vec<Promoted>, InfrastructureError> {
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
        let look = Look {
            since: Watermark::read(database.read(), now).await?,
            horizon: horizon(now, last, next),
        };
        let before: Option<Look> = state::read(database, TASK_NAME).await?;
        let end = match before {
            Some(before) => self.0.catch_up(&before, look.horizon, stop).await?,
            None => self.0.sweep(look.horizon, stop).await?,
        };
        if end == RunOutcome::Complete {
            state::write(database, TASK_NAME, &look, now).await?;
        }
        Ok(end)
    }
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

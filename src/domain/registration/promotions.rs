//! The scheduled task that promotes waitlists which were left with free seats.
//!
//! One transaction promotes a bounded number of registrations, and its process goes on with the next. If
//! the process crashes in between, only the competition's counters show that something is left to do. This
//! task reads them every minute and goes on. It also begins where codes have expired, whose seats come back.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};
use tokio_util::sync::CancellationToken;

use super::service::Registrations;
use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask},
    model::{CompetitionId, CompetitionStatus},
    store::{
        InfrastructureError,
        entity::{
            competition::{Column, Entity},
            division,
        },
    },
};

/// The number of competitions that are read at a time.
const PAGE_SIZE: u64 = 100;

/// Promotes waitlists that were left with free seats.
#[derive(Debug, Clone)]
pub struct Promotions(pub Registrations);

#[async_trait]
impl ScheduledTask for Promotions {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        if self.release_expired(now, stop).await? == RunOutcome::Interrupted {
            return Ok(RunOutcome::Interrupted);
        }
        let waiting = Condition::all()
            .add(Column::Waitlisted.gt(0))
            .add(Expr::col(Column::SeatsLeft).gt(Expr::col(Column::SeatsReserved)))
            .add(
                Condition::any()
                    .add(Column::HasDivisions.eq(false))
                    .add(division_with_both()),
            )
            .add(Column::Status.eq(CompetitionStatus::Published))
            .add(Column::StartsAt.gt(now));
        self.promote_where(waiting, stop, |id| {
            tracing::info!(competition.id = %id, "Competition {id} has free seats and a waitlist; promoting its waitlist");
        })
        .await
    }
}

impl Promotions {
    /// Lets the competitions decide in which codes have expired that set seats aside.
    async fn release_expired(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let due = Condition::all().add(Column::CodesDueAt.lte(now));
        self.promote_where(due, stop, |id| {
            tracing::debug!(competition.id = %id, "Codes of competition {id} have expired; releasing their seats");
        })
        .await
    }

    /// Promotes the waitlists of the competitions for which the condition holds, page by page, after `announce` has said
    /// why. A competition that fails is tried again by the next run.
    async fn promote_where(
        &self,
        condition: Condition,
        stop: &CancellationToken,
        announce: impl Fn(CompetitionId),
    ) -> Result<RunOutcome, InfrastructureError> {
        let mut after: Option<CompetitionId> = None;
        loop {
            let mut query = Entity::existing()
                .select_only()
                .column(Column::Id)
                .filter(condition.clone())
                .order_by_asc(Column::Id)
                .limit(PAGE_SIZE);
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let found: Vec<CompetitionId> = query.into_tuple().all(self.0.database.read()).await?;
            for competition in &found {
                if stop.is_cancelled() {
                    return Ok(RunOutcome::Interrupted);
                }
                announce(*competition);
                if let Err(error) = self.0.promote_waitlist(*competition).await {
                    tracing::warn!(competition.id = %competition, %error, "Could not promote the waitlist of competition {competition}; the next run tries again");
                }
            }
            match found.last() {
                Some(last) => after = Some(*last),
                None => return Ok(RunOutcome::Complete),
            }
        }
    }
}

/// Returns the condition that a division of the competition has free seats and a waitlist.
fn division_with_both() -> SimpleExpr {
    use division::Column::{CompetitionId, RemovedAt, SeatsLeft, SeatsReserved, Waitlisted};
    let divisions = Query::select()
        .expr(Expr::val(1))
        .from(division::Entity)
        .and_where(Expr::col((division::Entity, CompetitionId)).equals((Entity, Column::Id)))
        .and_where(RemovedAt.is_null())
        .and_where(Expr::col((division::Entity, Waitlisted)).gt(0))
        .cond_where(
            Condition::any()
                .add(Expr::col((division::Entity, SeatsLeft)).is_null())
                .add(
                    Expr::col((division::Entity, SeatsLeft))
                        .gt(Expr::col((division::Entity, SeatsReserved))),
                ),
        )
        .to_owned();
    Expr::exists(divisions)
}

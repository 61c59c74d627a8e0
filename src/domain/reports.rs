//! The totals on an organizer's overview.

use chrono::{DateTime, Days, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{Alias, CaseStatement, Expr, ExprTrait, SelectStatement},
};

use super::{Actor, Result};
use crate::{
    model::{CompetitionStatus, OrganizerTotalsView, RECENT_HOURS, RecentCountsView, Role},
    ops::Clock,
    store::{
        Database,
        entity::{competition, registration_count, staff},
    },
};

/// The number of minutes of the periods that are read.
const QUARTER: i64 = 15;

/// Computes the totals of an organizer's competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reports {
    database: Database,
    clock: Clock,
}

impl Reports {
    /// Creates reports that read from `database`.
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// Returns the totals of the competitions that an organizer owns or works on: those that the list shows.
    ///
    /// Seats and waitlists come from the counters of each competition, and recent registrations from the counts by
    /// quarters of an hour. The cost therefore grows with the organizer's future competitions (at most 192 quarters of
    /// each), and not with the number of registrations.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an
    /// organizer.
    pub async fn overview(&self, actor: Actor) -> Result<OrganizerTotalsView> {
        actor.must_be(Role::Organizer)?;
        let now = self.clock.now();
        // Not since midnight, which is another moment in each time zone.
        Ok(OrganizerTotalsView {
            recent: self.recent_counts(actor, now).await?,
            ..self.future_competitions(actor, now).await?
        })
    }

    /// Adds up what has happened in the last two days, by hours: ranges of the primary key of `registration_counts`.
    async fn recent_counts(&self, actor: Actor, now: DateTime<Utc>) -> Result<RecentCountsView> {
        use registration_count::{Column, Entity, Relation};
        let end = now.timestamp().div_euclid(60 * QUARTER) * QUARTER + QUARTER;
        let hour = |hours: usize| end - 60 * i64::try_from(hours).unwrap_or(i64::MAX / 60);
        let first = hour(2 * RECENT_HOURS);
        let hour_of = Expr::col((Entity, Column::FirstMinute)).sub(first).div(60);
        let hours: Vec<HourOfCounts> = Entity::find()
            .select_only()
            .column_as(hour_of, "hour")
            .column_as(Column::Registered.sum(), "registered")
            .column_as(Column::Waitlisted.sum(), "waitlisted")
            .column_as(Column::Promoted.sum(), "promoted")
            .column_as(Column::Cancelled.sum(), "cancelled")
            .column_as(Column::LeftWaitlist.sum(), "left_waitlist")
            .join(JoinType::InnerJoin, Relation::Competition.def())
            .filter(competition::Column::Id.in_subquery(works_on(actor)))
            .filter(competition::Column::DeletedAt.is_null())
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .filter(competition::Column::StartsAt.gte(now - Days::new(1)))
            .filter(Column::Minutes.eq(QUARTER))
            .filter(Column::FirstMinute.gte(first))
            // By the name: to PostgreSQL, two expressions with parameters are never the same.
            .group_by(Expr::col(Alias::new("hour")))
            .into_model()
            .all(self.database.read())
            .await?;
        let mut recent = RecentCountsView::default();
        for hour in hours {
            hour.add_to(&mut recent);
        }
        Ok(recent)
    }

    /// Adds up the counters of all published competitions that have not started.
    async fn future_competitions(
        &self,
        actor: Actor,
        now: DateTime<Utc>,
    ) -> Result<OrganizerTotalsView> {
        use competition::Column;
        let sum = |column: Column| Expr::col((competition::Entity, column)).sum();
        let deadline_ahead = CaseStatement::new().case(
            Column::RegDeadline.gt(now),
            Expr::col((competition::Entity, Column::RegDeadline)),
        );
        type Sums = (Option<i64>, Option<i64>, Option<i64>, Option<DateTime<Utc>>);
        let sums: Option<Sums> = competition::Entity::existing()
            .filter(Column::Id.in_subquery(works_on(actor)))
            .filter(Column::Status.eq(CompetitionStatus::Published))
            .filter(Column::StartsAt.gt(now))
            .select_only()
            .column_as(sum(Column::Capacity), "capacity")
            .column_as(sum(Column::SeatsLeft), "seats_left")
            .column_as(sum(Column::Waitlisted), "waitlisted")
            .column_as(Expr::expr(deadline_ahead).min(), "next_deadline")
            .into_tuple()
            .one(self.database.read())
            .await?;
        let (capacity, seats_left, waitlisted, next_deadline) = sums.unwrap_or_default();
        Ok(OrganizerTotalsView {
            seats_taken: count_from(capacity).saturating_sub(count_from(seats_left)),
            capacity: count_from(capacity),
            waitlisted: count_from(waitlisted),
            next_deadline,
            ..OrganizerTotalsView::default()
        })
    }
}

/// Returns the query of the ids of the competitions that the actor owns or works on.
fn works_on(actor: Actor) -> SelectStatement {
    staff::Entity::find()
        .select_only()
        .column(staff::Column::CompetitionId)
        .filter(staff::Column::UserId.eq(actor.id))
        .into_query()
}

/// What has happened in one hour; 0 is the first of two days.
#[derive(Debug, FromQueryResult)]
struct HourOfCounts {
    hour: i64,
    registered: i64,
    waitlisted: i64,
    promoted: i64,
    cancelled: i64,
    left_waitlist: i64,
}

impl HourOfCounts {
    fn add_to(&self, recent: &mut RecentCountsView) {
        let came = count_from(Some(self.registered + self.waitlisted));
        let hour = usize::try_from(self.hour).unwrap_or(0);
        match hour.checked_sub(RECENT_HOURS) {
            None => recent.day_before += came,
            Some(hour) => {
                // The clock of another process may be ahead.
                if let Some(hour) = recent.by_hour.get_mut(hour.min(RECENT_HOURS - 1)) {
                    *hour += came;
                }
                recent.seats_taken += self.registered + self.promoted - self.cancelled;
                recent.waitlisted += self.waitlisted - self.promoted - self.left_waitlist;
            }
        }
    }
}

/// Returns a sum of the database as a count; an empty or negative sum is 0.
fn count_from(n: Option<i64>) -> u64 {
    u64::try_from(n.unwrap_or(0)).unwrap_or(0)
}

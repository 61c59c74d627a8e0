//! The totals on an organizer's overview.

use chrono::{DateTime, Days, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QuerySelect, RelationTrait,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::{Actor, Result};
use crate::{
    model::{CompetitionStatus, OrganizerTotalsView, Role},
    ops::Clock,
    store::{
        Database,
        entity::{competition, registration},
    },
};

/// The number up to which recent registrations are counted, so that the query reads a bounded part of
/// an index.
const MAX_COUNTED: u64 = 100_000;

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

    /// Returns the totals of an organizer's competitions.
    ///
    /// Seats and waitlists come from the counters of each competition. The cost therefore grows with the
    /// organizer's future competitions and with recent registrations in them, up to a bound, and not
    /// with the number of all registrations.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an
    /// organizer.
    pub async fn overview(&self, actor: Actor) -> Result<OrganizerTotalsView> {
        actor.must_be(Role::Organizer)?;
        let now = self.clock.now();
        // Not since midnight, which is another moment in each time zone.
        let recent = self.registrations_since(actor, now - Days::new(1)).await?;
        let future = self.future_competitions(actor, now).await?;
        Ok(OrganizerTotalsView {
            recent_registrations: Ord::min(recent, MAX_COUNTED),
            recent_registrations_and_more: recent > MAX_COUNTED,
            ..future
        })
    }

    /// Counts the live registrations since a moment, up to one more than the bound.
    async fn registrations_since(&self, actor: Actor, moment: DateTime<Utc>) -> Result<u64> {
        let recent = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .join(
                JoinType::InnerJoin,
                registration::Relation::Competition.def(),
            )
            .filter(competition::Column::OrganizerId.eq(actor.id))
            .filter(competition::Column::DeletedAt.is_null())
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .filter(competition::Column::StartsAt.gte(moment))
            .filter(registration::Column::RegisteredAt.gte(moment))
            .filter(registration::is_live())
            .limit(MAX_COUNTED + 1);
        Ok(recent.count(self.database.read()).await?)
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
            .filter(Column::OrganizerId.eq(actor.id))
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

/// Returns a sum of the database as a count; an empty or negative sum is 0.
fn count_from(n: Option<i64>) -> u64 {
    u64::try_from(n.unwrap_or(0)).unwrap_or(0)
}

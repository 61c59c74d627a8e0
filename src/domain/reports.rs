//! Figures for organizers.

use chrono::{DateTime, Days, NaiveTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{Actor, Result};
use crate::{
    model::{CompetitionStatus, RegistrationStatus},
    ops::Clock,
    store::{
        Database,
        entity::{competition, registration},
    },
};

/// What an organizer wants to know at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Registrations since midnight UTC that were not given back.
    pub registrations_today: u64,
    /// Seats taken, over all published competitions that are to come.
    pub seats_taken: u64,
    /// Seats in all, over all published competitions that are to come.
    pub capacity: u64,
    /// People queuing for those.
    pub waitlisted: u64,
    /// The next deadline ahead.
    pub next_deadline: Option<DateTime<Utc>>,
}

/// Figures. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reports {
    database: Database,
    clock: Clock,
}

impl Reports {
    /// Over a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// The tiles on an organizer's dashboard.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn overview(&self, actor: Actor) -> Result<Overview> {
        use competition::Column;
        let now = self.clock.now();
        let midnight = now
            .with_time(NaiveTime::MIN)
            .single()
            .unwrap_or_else(|| now - Days::new(1));
        let registrations_today = registration::Entity::find()
            .join(
                JoinType::InnerJoin,
                registration::Relation::Competition.def(),
            )
            .filter(Column::OrganizerId.eq(actor.id))
            .filter(Column::DeletedAt.is_null())
            .filter(registration::Column::RegisteredAt.gte(midnight))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .count(self.database.read())
            .await?;
        let ahead = competition::Entity::existing()
            .filter(Column::OrganizerId.eq(actor.id))
            .filter(Column::Status.eq(CompetitionStatus::Published))
            .filter(Column::StartsAt.gt(now));
        let sum = |column: Column| Expr::col((competition::Entity, column)).sum();
        let sums: Option<(Option<i64>, Option<i64>, Option<i64>)> = ahead
            .clone()
            .select_only()
            .column_as(sum(Column::Capacity), "capacity")
            .column_as(sum(Column::SeatsLeft), "seats_left")
            .column_as(sum(Column::Waitlisted), "waitlisted")
            .into_tuple()
            .one(self.database.read())
            .await?;
        let (capacity, seats_left, waitlisted) = sums.unwrap_or_default();
        let next_deadline: Option<DateTime<Utc>> = ahead
            .select_only()
            .column_as(Column::RegDeadline, "next")
            .filter(Column::RegDeadline.gt(now))
            .order_by_asc(Column::RegDeadline)
            .into_tuple()
            .one(self.database.read())
            .await?;
        let whole = |n: Option<i64>| u64::try_from(n.unwrap_or(0)).unwrap_or(0);
        Ok(Overview {
            registrations_today,
            seats_taken: whole(capacity).saturating_sub(whole(seats_left)),
            capacity: whole(capacity),
            waitlisted: whole(waitlisted),
            next_deadline,
        })
    }
}

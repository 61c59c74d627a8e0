//! Figures for organizers.

use chrono::{DateTime, Days, NaiveTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{Alias, Asterisk, CaseStatement, Expr, ExprTrait, Func, Query},
};

use super::{Actor, Result};
use crate::{
    model::{CompetitionStatus, RegistrationStatus, Role},
    ops::Clock,
    store::{
        Database,
        entity::{competition, registration},
    },
};

/// How far today's registrations are counted: a tile on a page is not worth reading more of an index.
const COUNTED: u64 = 100_000;

/// What an organizer wants to know at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Registrations since midnight UTC that were not given back, in competitions that had not begun
    /// then; at most 100,000.
    pub registrations_today: u64,
    /// Whether there are more of them than that.
    pub registrations_today_and_more: bool,
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
    /// Seats and queues come from the counters that each competition keeps. So the cost grows with the
    /// organizer's competitions that are to come and with today's registrations in them, up to a bound;
    /// how many registrations there are in all makes no difference.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an organizer.
    pub async fn overview(&self, actor: Actor) -> Result<Overview> {
        actor.must_be(Role::Organizer)?;
        let now = self.clock.now();
        let midnight = now
            .with_time(NaiveTime::MIN)
            .single()
            .unwrap_or_else(|| now - Days::new(1));
        let today = self.registrations_since(actor, midnight).await?;
        let ahead = self.ahead(actor, now).await?;
        Ok(Overview {
            registrations_today: Ord::min(today, COUNTED),
            registrations_today_and_more: today > COUNTED,
            ..ahead
        })
    }

    /// Live registrations since a moment; no more than one above the bound are looked at.
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
            .filter(competition::Column::StartsAt.gte(moment))
            .filter(registration::Column::RegisteredAt.gte(moment))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .limit(COUNTED + 1)
            .into_query();
        let mut count = Query::select();
        count
            .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("count"))
            .from_subquery(recent, Alias::new("recent"));
        let connection = self.database.read();
        let statement = connection.get_database_backend().build(&count);
        let row = connection.query_one_raw(statement).await?;
        let count: i64 = match row {
            Some(row) => row.try_get("", "count")?,
            None => 0,
        };
        Ok(whole(Some(count)))
    }

    /// What the counters of all published competitions that are to come add up to.
    async fn ahead(&self, actor: Actor, now: DateTime<Utc>) -> Result<Overview> {
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
        Ok(Overview {
            seats_taken: whole(capacity).saturating_sub(whole(seats_left)),
            capacity: whole(capacity),
            waitlisted: whole(waitlisted),
            next_deadline,
            ..Overview::default()
        })
    }
}

fn whole(n: Option<i64>) -> u64 {
    u64::try_from(n.unwrap_or(0)).unwrap_or(0)
}

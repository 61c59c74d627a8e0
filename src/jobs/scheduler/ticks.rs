//! Ticks: the times that a schedule names, and which process runs them.

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{
    ops::Clock,
    store::{
        Database, InfrastructureError, database_time,
        entity::cron_tick::{Column, Entity, Model},
    },
};

/// How long ticks are kept, besides the last one of each task.
const KEPT_FOR: TimeDelta = TimeDelta::days(2);

/// Returns the last time up to and including `now` that `schedule` names.
#[must_use]
pub fn last_tick(schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The iterator names times strictly before, to the second.
    schedule
        .after(&(now + TimeDelta::milliseconds(1)))
        .next_back()
}

/// Returns the first time after `now` that `schedule` names.
#[must_use]
pub fn next_tick(schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    schedule.after(&now).next()
}

/// Which process may run a tick.
pub(super) enum TickClaim {
    /// This process runs the tick.
    Ours,
    /// Another process is running it.
    Theirs,
    /// The tick is finished.
    Finished,
}

/// Claims a tick for as long as `lease`, by the database's clock.
pub(super) async fn claim(
    database: &Database,
    clock: &Clock,
    job: &str,
    tick: DateTime<Utc>,
    lease: TimeDelta,
) -> Result<TickClaim, InfrastructureError> {
    let now = clock.now();
    let after = |wait| database_time::after(database.backend(), clock, wait);
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Job,
            Column::Tick,
            Column::LeaseUntil,
            Column::FiredAt,
        ])
        .on_conflict(
            OnConflict::columns([Column::Job, Column::Tick])
                .do_nothing()
                .to_owned(),
        );
    // The values are as many as the columns.
    insert
        .values([
            Expr::value(job),
            Expr::value(tick),
            after(lease),
            Expr::value(now),
        ])
        .map_err(InfrastructureError::internal)?;
    if database.write().execute(&insert).await?.rows_affected() == 1 {
        return Ok(TickClaim::Ours);
    }
    // Its owner may have crashed.
    let taken_over = Entity::update_many()
        .col_expr(Column::LeaseUntil, after(lease))
        .col_expr(Column::FiredAt, Expr::value(now))
        .filter(Column::Job.eq(job))
        .filter(Column::Tick.eq(tick))
        .filter(Column::FinishedAt.is_null())
        .filter(Expr::col(Column::LeaseUntil).lte(after(TimeDelta::zero())))
        .exec(database.write())
        .await?;
    if taken_over.rows_affected == 1 {
        return Ok(TickClaim::Ours);
    }
    let row = Entity::find_by_id((job.to_owned(), tick))
        .one(database.write())
        .await?;
    Ok(match row {
        Some(Model {
            finished_at: None, ..
        }) => TickClaim::Theirs,
        // Pruned in between: finished long ago.
        Some(_) | None => TickClaim::Finished,
    })
}

/// Marks a tick as finished.
pub(super) async fn finish(
    database: &Database,
    job: &str,
    tick: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    Entity::update_many()
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Job.eq(job))
        .filter(Column::Tick.eq(tick))
        .exec(database.write())
        .await?;
    Ok(())
}

/// Lets any process run a tick after `wait`.
pub(super) async fn release(
    database: &Database,
    clock: &Clock,
    job: &str,
    tick: DateTime<Utc>,
    wait: TimeDelta,
) -> Result<(), InfrastructureError> {
    Entity::update_many()
        .col_expr(
            Column::LeaseUntil,
            database_time::after(database.backend(), clock, wait),
        )
        .filter(Column::Job.eq(job))
        .filter(Column::Tick.eq(tick))
        .filter(Column::FinishedAt.is_null())
        .exec(database.write())
        .await?;
    Ok(())
}

/// Returns when the last finished run of task `job` began, in any process.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn last_fired(
    database: &Database,
    job: &str,
) -> Result<Option<DateTime<Utc>>, InfrastructureError> {
    let row = Entity::find()
        .filter(Column::Job.eq(job))
        .filter(Column::FinishedAt.is_not_null())
        .order_by_desc(Column::Tick)
        .limit(1)
        .one(database.read())
        .await?;
    Ok(row.map(|row| row.fired_at))
}

/// Deletes old ticks and returns their number. The last tick of each task stays, or it would count as
/// missed.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn prune(database: &Database, now: DateTime<Utc>) -> Result<u64, InfrastructureError> {
    let jobs: Vec<(String, DateTime<Utc>)> = Entity::find()
        .select_only()
        .column(Column::Job)
        .column_as(Expr::col(Column::Tick).max(), "last")
        .group_by(Column::Job)
        .into_tuple()
        .all(database.write())
        .await?;
    let mut pruned = 0;
    for (job, last) in jobs {
        let deleted = Entity::delete_many()
            .filter(Column::Job.eq(job))
            .filter(Column::Tick.lt(Ord::min(last, now - KEPT_FOR)))
            .exec(database.write())
            .await?;
        pruned += deleted.rows_affected;
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_tick_is_the_last_one_from_its_first_millisecond_on() {
        let daily: Schedule = "0 0 0 * * *".parse().unwrap();
        let midnight = at("2030-01-02T00:00:00Z");
        for (now, last) in [
            ("2030-01-01T23:59:59.999Z", at("2030-01-01T00:00:00Z")),
            ("2030-01-02T00:00:00Z", midnight),
            ("2030-01-02T00:00:00.001Z", midnight),
            ("2030-01-02T00:00:00.999Z", midnight),
            ("2030-01-02T15:30:12.5Z", midnight),
        ] {
            assert_eq!(last_tick(&daily, at(now)), Some(last), "{now}");
        }
        assert_eq!(
            next_tick(&daily, midnight),
            Some(at("2030-01-03T00:00:00Z"))
        );
    }

    #[test]
    fn rare_ticks_are_found_across_months_and_years() {
        let leap: Schedule = "0 30 6 29 2 *".parse().unwrap();
        let now = at("2030-01-01T09:00:00Z");
        assert_eq!(last_tick(&leap, now), Some(at("2028-02-29T06:30:00Z")));
        assert_eq!(next_tick(&leap, now), Some(at("2032-02-29T06:30:00Z")));
    }
}

//! The numbers of a competition over time, from the counts that registrations keep.
//!
//! The cost depends on the number of minutes or quarters of an hour in which something happened, and not on the number
//! of registrations: a bounded range of the primary key of `registration_counts`.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{Competitions, division_rows};
use crate::{
    domain::{Actor, Result, seats, tallies},
    model::{
        CompetitionId, CountsView, Interval, Permission, SeatsView, StatisticsBucket,
        StatisticsView, time_zone,
    },
    store::{
        InfrastructureError, check_ins,
        entity::registration_count::{Column, Entity, Model},
    },
};

/// The number of quarters of an hour in an hour.
const QUARTERS: u64 = 4;

impl Competitions {
    /// Returns what has happened to the registrations of a competition, by minutes, hours or days in its zone.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) if there is no such competition, and
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) if `actor` does not manage it.
    pub async fn statistics(
        &self,
        actor: Actor,
        id: CompetitionId,
        interval: Interval,
    ) -> Result<StatisticsView> {
        let (row, _) = self.permitted(actor, id, Permission::SeeOverview).await?;
        let zone = time_zone::parse_or_utc(&row.time_zone);
        let (minutes, most) = match interval {
            Interval::Minute => (1, interval.most_buckets()),
            Interval::Hour => (15, interval.most_buckets() * QUARTERS),
            Interval::Day => (15, interval.most_buckets() * 24 * QUARTERS),
        };
        let newest: Vec<Model> = of_competition(id, minutes)
            .order_by_desc(Column::FirstMinute)
            .limit(most)
            .all(self.database.read())
            .await?;
        let tallies = tallies::of_competition(&self.database, id).await?;
        let seats = seats::seats(row.seats_left, row.capacity, row.waitlisted);
        let divisions = match row.has_divisions {
            true => division_rows::read(self.database.read(), id).await?,
            false => Vec::new(),
        };
        let checked_in = check_ins::count(self.database.read(), id).await?;
        let checked_in = (checked_in > 0).then_some(checked_in);
        let taken = u64::from(seats.capacity.saturating_sub(seats.seats_left));
        let has_started = row.starts_at <= self.clock.now();
        let no_shows = checked_in.map(|here| taken.saturating_sub(here));
        Ok(StatisticsView {
            interval,
            divisions,
            checked_in,
            no_shows: no_shows.filter(|_| has_started),
            time_zone: row.time_zone,
            capacity: seats.capacity.into(),
            totals: self.totals(id).await?,
            buckets: buckets(&newest, seats, zone, interval),
            refusals: tallies.refusals,
            languages: tallies.languages,
            referrers: tallies.referrers,
        })
    }

    /// Adds up everything that has happened.
    async fn totals(&self, id: CompetitionId) -> Result<CountsView, InfrastructureError> {
        let sums: Option<Sums> = of_competition(id, 15)
            .select_only()
            .column_as(Column::Registered.sum(), "registered")
            .column_as(Column::Waitlisted.sum(), "waitlisted")
            .column_as(Column::Promoted.sum(), "promoted")
            .column_as(Column::Cancelled.sum(), "cancelled")
            .column_as(Column::LeftWaitlist.sum(), "left_waitlist")
            .into_model()
            .one(self.database.read())
            .await?;
        Ok(sums.map(CountsView::from).unwrap_or_default())
    }
}

/// Sums of counts; without rows they are missing.
#[derive(Debug, FromQueryResult)]
struct Sums {
    registered: Option<i64>,
    waitlisted: Option<i64>,
    promoted: Option<i64>,
    cancelled: Option<i64>,
    left_waitlist: Option<i64>,
}

impl From<Sums> for CountsView {
    fn from(sums: Sums) -> Self {
        let count = |sum: Option<i64>| u64::try_from(sum.unwrap_or(0)).unwrap_or(0);
        Self {
            registered: count(sums.registered),
            waitlisted: count(sums.waitlisted),
            promoted: count(sums.promoted),
            cancelled: count(sums.cancelled),
            left_waitlist: count(sums.left_waitlist),
        }
    }
}

fn of_competition(id: CompetitionId, minutes: i32) -> Select<Entity> {
    Entity::find()
        .filter(Column::CompetitionId.eq(id))
        .filter(Column::Minutes.eq(minutes))
}

/// Puts counts, the newest first, into the buckets of an interval. The seats at the end of each follow from those at
/// present, so that they are right whatever came before the oldest bucket.
fn buckets(
    newest: &[Model],
    seats: SeatsView,
    zone: Tz,
    interval: Interval,
) -> Vec<StatisticsBucket> {
    let mut buckets: Vec<StatisticsBucket> = Vec::new();
    let mut taken = u64::from(seats.capacity.saturating_sub(seats.seats_left));
    let mut waiting = u64::from(seats.waitlisted);
    for row in newest {
        let time = DateTime::from_timestamp(row.first_minute * 60, 0).unwrap_or_default();
        let start = beginning(zone, time, interval);
        if buckets.last().is_none_or(|last| last.start != start) {
            if buckets.len() as u64 == interval.most_buckets() {
                break;
            }
            buckets.push(StatisticsBucket {
                start,
                counts: CountsView::default(),
                seats_taken: taken,
                waiting,
            });
        }
        let Some(bucket) = buckets.last_mut() else {
            break;
        };
        let [registered, waitlisted, promoted, cancelled, left] = [
            row.registered,
            row.waitlisted,
            row.promoted,
            row.cancelled,
            row.left_waitlist,
        ]
        .map(|count| u64::try_from(count).unwrap_or(0));
        bucket.counts.registered += registered;
        bucket.counts.waitlisted += waitlisted;
        bucket.counts.promoted += promoted;
        bucket.counts.cancelled += cancelled;
        bucket.counts.left_waitlist += left;
        taken = (taken + cancelled).saturating_sub(registered + promoted);
        waiting = (waiting + promoted + left).saturating_sub(waitlisted);
    }
    buckets.reverse();
    buckets
}

/// Returns the beginning of the minute, of the hour or of the day in a zone.
fn beginning(zone: Tz, time: DateTime<Utc>, interval: Interval) -> DateTime<Utc> {
    let local = time.with_timezone(&zone);
    match interval {
        Interval::Minute => time,
        // Not by the time on clocks, which show an hour twice when they are set back.
        Interval::Hour => time - TimeDelta::minutes(local.minute().into()),
        Interval::Day => first_moment(zone, local.date_naive()),
    }
}

/// Returns the first moment of a day. Where clocks skip midnight, it is the first time that they show.
fn first_moment(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let shown = (0..24).map(|quarters| midnight + TimeDelta::minutes(15 * quarters));
    shown
        .map(|local| time_zone::moment(zone, local))
        .find_map(Result::ok)
        .unwrap_or(midnight.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> Tz {
        time_zone::parse(name).unwrap()
    }

    /// Registrations in quarters of an hour, the newest first.
    fn rows(times: &[(&str, i32)]) -> Vec<Model> {
        times
            .iter()
            .map(|(time, registered)| Model {
                competition_id: CompetitionId::new(),
                minutes: 15,
                first_minute: utc(time).timestamp() / 60,
                registered: *registered,
                waitlisted: 0,
                promoted: 0,
                cancelled: 0,
                left_waitlist: 0,
            })
            .collect()
    }

    #[test]
    fn days_and_hours_begin_by_the_clocks_of_the_zone_also_when_they_are_set() {
        for (name, time, day, hour) in [
            // The day of 23 hours, and the day of 25.
            (
                "Europe/Copenhagen",
                "2030-03-31T00:30:00Z",
                "2030-03-30T23:00:00Z",
                "2030-03-31T00:00:00Z",
            ),
            (
                "Europe/Copenhagen",
                "2030-03-31T21:45:00Z",
                "2030-03-30T23:00:00Z",
                "2030-03-31T21:00:00Z",
            ),
            (
                "Europe/Copenhagen",
                "2030-10-27T00:30:00Z",
                "2030-10-26T22:00:00Z",
                "2030-10-27T00:00:00Z",
            ),
            (
                "Europe/Copenhagen",
                "2030-10-27T01:30:00Z",
                "2030-10-26T22:00:00Z",
                "2030-10-27T01:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "2030-01-31T18:15:00Z",
                "2030-01-31T18:15:00Z",
                "2030-01-31T18:15:00Z",
            ),
            (
                "Asia/Kolkata",
                "2030-01-31T19:15:00Z",
                "2030-01-31T18:30:00Z",
                "2030-01-31T18:30:00Z",
            ),
            // Clocks in Beirut skip midnight.
            (
                "Asia/Beirut",
                "2030-03-31T05:00:00Z",
                "2030-03-30T22:00:00Z",
                "2030-03-31T05:00:00Z",
            ),
        ] {
            let (zone, time) = (zone(name), utc(time));
            assert_eq!(
                beginning(zone, time, Interval::Day),
                utc(day),
                "{name} {time}"
            );
            assert_eq!(
                beginning(zone, time, Interval::Hour),
                utc(hour),
                "{name} {time}"
            );
        }
    }

    #[test]
    fn the_seats_at_the_end_of_each_bucket_follow_from_those_at_present() {
        let seats = SeatsView {
            seats_left: 80,
            capacity: 100,
            waitlisted: 3,
        };
        let mut rows = rows(&[
            ("2030-10-27T01:15:00Z", 4),
            ("2030-10-27T00:15:00Z", 6),
            ("2030-10-27T00:00:00Z", 1),
        ]);
        rows[0].cancelled = 2;
        rows[0].promoted = 2;
        rows[1].waitlisted = 5;
        let hours = buckets(&rows, seats, zone("Europe/Copenhagen"), Interval::Hour);
        let ends: Vec<_> = hours
            .iter()
            .map(|hour| (hour.counts.registered, hour.seats_taken, hour.waiting))
            .collect();
        assert_eq!(
            ends,
            [(7, 16, 5), (4, 20, 3)],
            "two hours that clocks show as 2"
        );
        let days = buckets(&rows, seats, zone("Europe/Copenhagen"), Interval::Day);
        assert_eq!(days.len(), 1);
        assert_eq!((days[0].counts.registered, days[0].seats_taken), (11, 20));
    }

    #[test]
    fn the_newest_buckets_are_kept() {
        let times: Vec<_> = (0..2_000)
            .map(|minute| utc("2030-01-01T00:00:00Z") - TimeDelta::minutes(minute))
            .map(|time| time.to_rfc3339())
            .collect();
        let rows = rows(
            &times
                .iter()
                .map(|time| (time.as_str(), 1))
                .collect::<Vec<_>>(),
        );
        let seats = SeatsView {
            seats_left: 0,
            capacity: 2_000,
            waitlisted: 0,
        };
        let minutes = buckets(&rows, seats, Tz::UTC, Interval::Minute);
        assert_eq!(minutes.len(), 1_440);
        assert_eq!(minutes[0].seats_taken, 561);
        assert_eq!(minutes[1_439].start, utc("2030-01-01T00:00:00Z"));
    }
}

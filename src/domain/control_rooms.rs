//! The control room: what an organizer needs to know while registration opens, read once a second at most.
//!
//! All who watch a competition in one process share a snapshot, so that its cost does not depend on their number. Each
//! of its queries reads a bounded part of an index. All numbers are those of the database, so they are the same in every
//! process. What was taken at single seconds is kept in memory while anyone watches, for the chart alone, and told to the
//! other processes; what was before is known by the minute (`registration_counts`).

mod peak;
mod queries;
mod samples;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::{peak::Peak, queries::Queries, samples::Samples};
use super::{Actor, Result, competitions::Competitions, stream_counts::StreamCounts};
use crate::{
    model::{
        CompetitionId, CompetitionView, ControlRoomView, CountsView, Interval, Permission,
        SecondSample, StatisticsBucket, StatisticsView,
    },
    ops::Clock,
    store::{Database, ports::Bus},
};

/// For how long a snapshot is shared.
const PERIOD: Duration = Duration::from_millis(950);
/// From which time the present rate is computed.
const RATE_PERIOD: TimeDelta = TimeDelta::seconds(3);
/// From which time it is computed when the last seat is taken.
const FORECAST_PERIOD: TimeDelta = TimeDelta::seconds(15);
/// A forecast beyond this time, in milliseconds, says nothing.
const LONGEST_FORECAST: u64 = 24 * 3_600_000;
/// The number of competitions that are watched in one process at a time. Further ones forget others.
const MOST_ROOMS: usize = 100;
/// After this time without anyone who watches, a competition is forgotten.
const UNWATCHED: Duration = Duration::from_secs(600);

/// What this process knows of a competition that is watched.
#[derive(Debug, Default)]
struct RecentNumbers {
    /// The newest snapshot, and when it was taken.
    snapshot: Option<(Instant, Arc<ControlRoomView>)>,
    peak: Peak,
    /// The minute in which the last seat was taken, and the second, if it is known.
    sold_out: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>,
}

/// A competition that is watched, and when somebody last looked.
type LastWatched = (Instant, Arc<tokio::sync::Mutex<RecentNumbers>>);

/// The control rooms of this process. Cheap to clone; clones share their snapshots.
#[derive(Debug, Clone)]
pub struct ControlRooms {
    queries: Queries,
    clock: Clock,
    competitions: Competitions,
    stream_counts: StreamCounts,
    samples: Samples,
    rooms: Arc<Mutex<HashMap<CompetitionId, LastWatched>>>,
}

impl ControlRooms {
    /// Creates control rooms in which nobody watches yet. What other processes read comes by the bus until `stop`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        competitions: Competitions,
        stream_counts: StreamCounts,
        bus: Arc<dyn Bus>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            queries: Queries::new(database),
            samples: Samples::new(clock.clone(), bus, stop),
            clock,
            competitions,
            stream_counts,
            rooms: Arc::default(),
        }
    }

    /// Returns what the control room shows, at most a second old.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) if there is no such competition, and
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) if `actor` does not manage it.
    pub async fn snapshot(&self, actor: Actor, id: CompetitionId) -> Result<Arc<ControlRoomView>> {
        let needed = Permission::SeeControlRoom;
        let (seen, _) = self.competitions.get_for(actor, id, needed).await?;
        let room = self.room(id);
        // Those who come while a snapshot is taken wait for it.
        let mut room = room.lock().await;
        if let Some((taken_at, snapshot)) = &room.snapshot
            && taken_at.elapsed() < PERIOD
            && has_edits_of(&snapshot.competition, &seen)
        {
            return Ok(Arc::clone(snapshot));
        }
        // Not what was seen: it may be older than a snapshot that was taken meanwhile.
        let (competition, _) = self.competitions.get_for(actor, id, needed).await?;
        let statistics = self
            .competitions
            .statistics(actor, id, Interval::Minute)
            .await?;
        let snapshot = self.take(&mut room, competition, statistics).await?;
        let snapshot = Arc::new(snapshot);
        room.snapshot = Some((Instant::now(), Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CompetitionId, LastWatched>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the room of a competition, and forgets those into which nobody looks any more.
    fn room(&self, id: CompetitionId) -> Arc<tokio::sync::Mutex<RecentNumbers>> {
        let mut rooms = self.lock();
        if !rooms.contains_key(&id) {
            rooms.retain(|_, (seen, _)| seen.elapsed() < UNWATCHED);
            if rooms.len() >= MOST_ROOMS {
                let oldest = rooms.iter().min_by_key(|(_, (seen, _))| *seen);
                if let Some(oldest) = oldest.map(|(id, _)| *id) {
                    rooms.remove(&oldest);
                }
            }
        }
        let (seen, room) = rooms
            .entry(id)
            .or_insert_with(|| (Instant::now(), Arc::default()));
        *seen = Instant::now();
        Arc::clone(room)
    }

    /// Reads everything that a snapshot has.
    async fn take(
        &self,
        room: &mut RecentNumbers,
        competition: CompetitionView,
        statistics: StatisticsView,
    ) -> Result<ControlRoomView> {
        let (id, at) = (competition.id, self.clock.now());
        let sample = sample(&competition, &statistics.totals, at);
        let samples = self.samples.add(id, sample).await;
        let recent = self.queries.registered_since(id, at - RATE_PERIOD).await?;
        let minutes = &statistics.buckets;
        let peak = room.peak.until(at, &self.queries, id, minutes).await?;
        // The last seconds may lie across more seconds of the clock than they are.
        let most = peak.map_or(u64::MAX, |(most, _)| most);
        let per_second = rate(recent, RATE_PERIOD).min(most);
        let sold_out_minute = sold_out_at(&competition, &statistics.buckets);
        let sold_out_second = self.sold_out_second(room, id, sold_out_minute).await?;
        let (unconfirmed, oldest_unconfirmed) = self.queries.unconfirmed(id).await?;
        Ok(ControlRoomView {
            at,
            samples,
            per_second,
            peak,
            sold_out_in: self.forecast(&competition, at).await?,
            sold_out_at: sold_out_second.or(sold_out_minute),
            is_sold_out_at_exact: sold_out_second.is_some(),
            looking: self.stream_counts.of(id),
            unconfirmed,
            oldest_unconfirmed,
            failed: self.queries.failed(id).await?,
            waiting_mail: self.queries.waiting_mail(id).await?,
            newest: self.queries.newest(id).await?,
            moments: self.queries.moments(id).await?,
            refusals: statistics.refusals,
            minutes: statistics.buckets,
            competition,
        })
    }

    /// Returns the second within a minute at which the last seat was taken: when the last registration with a seat came.
    /// It is read once for each minute. After a promotion there may be none.
    async fn sold_out_second(
        &self,
        room: &mut RecentNumbers,
        id: CompetitionId,
        minute: Option<DateTime<Utc>>,
    ) -> Result<Option<DateTime<Utc>>> {
        let Some(minute) = minute else {
            room.sold_out = None;
            return Ok(None);
        };
        match room.sold_out {
            Some((known, second)) if known == minute => Ok(second),
            _ => {
                let second = self.queries.last_seat_within(id, minute).await?;
                room.sold_out = Some((minute, second));
                Ok(second)
            }
        }
    }

    /// Returns the number of seconds until the last seat is taken if registrations come as in the last seconds.
    async fn forecast(
        &self,
        competition: &CompetitionView,
        at: DateTime<Utc>,
    ) -> Result<Option<u64>> {
        if competition.seats_left == 0 || !competition.phase.takes_registrations() {
            return Ok(None);
        }
        // Nobody came before the opening, which says nothing of the rate.
        let open_for = competition
            .opens_at
            .map_or(FORECAST_PERIOD, |from| at - from);
        let period = open_for.clamp(TimeDelta::seconds(1), FORECAST_PERIOD);
        let recent = self
            .queries
            .registered_since(competition.id, at - period)
            .await?;
        Ok(seconds_until_full(competition.seats_left, recent, period))
    }
}

/// Returns whether `snapshot` has every change that an organizer has made to `seen`: their own changes are seen at
/// once.
fn has_edits_of(snapshot: &CompetitionView, seen: &CompetitionView) -> bool {
    snapshot.edited_at_version >= seen.edited_at_version && snapshot.paused == seen.paused
}

fn sample(competition: &CompetitionView, totals: &CountsView, at: DateTime<Utc>) -> SecondSample {
    let seats = competition.seats();
    SecondSample {
        at,
        taken: competition.taken().into(),
        waiting: seats.waitlisted.into(),
        registered: totals.registered + totals.waitlisted,
        cancelled: totals.cancelled + totals.left_waitlist,
    }
}

/// Returns the number per second of what happened so often in a period, rounded.
fn rate(number: u64, period: TimeDelta) -> u64 {
    let period = milliseconds(period);
    (number * 1_000 + period / 2) / period
}

/// Returns the number of seconds until so many seats are taken, if it goes on as in the period.
fn seconds_until_full(seats_left: u32, registered: u64, period: TimeDelta) -> Option<u64> {
    let needed = u64::from(seats_left) * milliseconds(period);
    let needed = needed.checked_div(registered)?;
    (needed <= LONGEST_FORECAST).then(|| needed.div_ceil(1_000))
}

fn milliseconds(period: TimeDelta) -> u64 {
    u64::try_from(period.num_milliseconds()).map_or(1, |period| period.max(1))
}

/// Returns the minute since which every seat is taken that is not set aside, unless one is open.
fn sold_out_at(
    competition: &CompetitionView,
    minutes: &[StatisticsBucket],
) -> Option<DateTime<Utc>> {
    let open = competition
        .capacity
        .saturating_sub(competition.seats_reserved);
    let full = minutes
        .iter()
        .rev()
        .take_while(|minute| minute.seats_taken >= u64::from(open));
    let first = full.last().map(|minute| minute.start);
    first.filter(|_| competition.seats_left == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64, seats_taken: u64) -> StatisticsBucket {
        StatisticsBucket {
            start: DateTime::UNIX_EPOCH + TimeDelta::minutes(number),
            counts: CountsView::default(),
            seats_taken,
            waiting: 0,
        }
    }

    #[test]
    fn the_rate_is_rounded() {
        let rates = [0, 1, 2, 4, 5, 300].map(|number| rate(number, RATE_PERIOD));
        assert_eq!(rates, [0, 0, 1, 1, 2, 100]);
    }

    #[test]
    fn the_forecast_is_exact_for_few_registrations_and_says_nothing_beyond_a_day() {
        let fifteen = FORECAST_PERIOD;
        for (left, registered, expected) in [
            (231, 0, None),
            (231, 96, Some(37)),
            (1, 3_000, Some(1)),
            (10, 1, Some(150)),
            (5_760, 1, Some(86_400)),
            (5_761, 1, None),
        ] {
            assert_eq!(seconds_until_full(left, registered, fifteen), expected);
        }
    }

    #[test]
    fn it_is_sold_out_since_the_first_minute_of_the_last_ones_that_end_without_a_free_seat() {
        let mut competition = CompetitionView {
            capacity: 10,
            seats_left: 0,
            ..CompetitionView::sample()
        };
        let minutes = [minute(1, 10), minute(2, 9), minute(5, 10), minute(9, 10)];
        let found = sold_out_at(&competition, &minutes);
        assert_eq!(found, Some(minute(5, 0).start));
        assert_eq!(sold_out_at(&competition, &minutes[..2]), None);
        competition.seats_left = 1;
        assert_eq!(sold_out_at(&competition, &minutes), None);
        // Those who have a code have the rest.
        (competition.capacity, competition.seats_left) = (competition.capacity + 2, 0);
        competition.seats_reserved = 2;
        assert_eq!(sold_out_at(&competition, &minutes), found);
    }
}

//! What was taken at single seconds, for the chart of a control room: as this process has read it, or another one.
//!
//! Requests of those who watch reach one process and then another. So each publishes what it reads on the bus, at most
//! once a second for each competition that is watched. Nothing depends on these numbers.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    model::{CompetitionId, SecondSample},
    ops::Clock,
    store::ports::{Bus, BusMessage},
};

/// The topic of samples on the bus.
const TOPIC: &str = "room-samples";
/// For how long a snapshot waits for its publication.
const PATIENCE: Duration = Duration::from_millis(100);
/// For how long the numbers of single seconds are kept.
const KEPT: TimeDelta = TimeDelta::minutes(5);
/// The number of samples of a competition that are kept: one for each second.
const MOST_SAMPLES: usize = 320;
/// After a longer time without a sample, they begin anew: what has happened meanwhile belongs to no single second. The
/// samples of a process whose clock differs by more are dropped.
const LONGEST_GAP: TimeDelta = TimeDelta::seconds(10);
/// A sample of another process is not needed where there is another one within this time.
const NEIGHBOURHOOD: TimeDelta = TimeDelta::milliseconds(700);
/// The number of competitions whose samples are kept. Those of the one that was watched longest ago are forgotten first.
const MOST_ROOMS: usize = 100;

/// A sample as a message of the bus.
#[derive(Debug, Serialize, Deserialize)]
struct SampleMessage {
    process: Uuid,
    competition: CompetitionId,
    sample: SecondSample,
}

/// The samples of the competitions that are watched. Cheap to clone; clones share them.
#[derive(Clone)]
pub(super) struct Samples {
    process: Uuid,
    clock: Clock,
    bus: Arc<dyn Bus>,
    kept: Arc<Mutex<HashMap<CompetitionId, VecDeque<SecondSample>>>>,
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Samples")
    }
}

impl Samples {
    /// Creates a collection without samples, which accepts those of other processes until `stop`.
    pub(super) fn new(clock: Clock, bus: Arc<dyn Bus>, stop: CancellationToken) -> Self {
        let samples = Self {
            process: Uuid::now_v7(),
            clock,
            bus,
            kept: Arc::default(),
        };
        let listening = samples.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move { listening.listen().await }));
        samples
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CompetitionId, VecDeque<SecondSample>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a sample of this process, tells the others, and returns all of the competition, the oldest first.
    pub(super) async fn add(
        &self,
        competition: CompetitionId,
        sample: SecondSample,
    ) -> Vec<SecondSample> {
        let samples = {
            let mut rooms = self.lock();
            let kept = of_room(&mut rooms, competition);
            insert(kept, sample);
            kept.iter().copied().collect()
        };
        let message = SampleMessage {
            process: self.process,
            competition,
            sample,
        };
        if let Ok(payload) = serde_json::to_vec(&message) {
            let publishing = self.bus.publish(TOPIC, payload.into());
            let published = tokio::time::timeout(PATIENCE, publishing).await;
            if !matches!(published, Ok(Ok(()))) {
                tracing::debug!("Could not publish a sample of a control room");
            }
        }
        samples
    }

    async fn listen(&self) {
        let mut messages = self.bus.subscribe();
        loop {
            match messages.recv().await {
                Ok(BusMessage { topic, payload }) if topic == TOPIC => self.accept(&payload),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Keeps a sample of another process, unless there is one of that second.
    fn accept(&self, payload: &[u8]) {
        let Ok(message) = serde_json::from_slice::<SampleMessage>(payload) else {
            tracing::warn!("Could not decode a sample of a control room of another process");
            return;
        };
        let sample = message.sample;
        let differs = (sample.at - self.clock.now()).abs() > LONGEST_GAP;
        if message.process == self.process || differs {
            return;
        }
        let mut rooms = self.lock();
        let kept = of_room(&mut rooms, message.competition);
        if is_needed(kept, &sample) {
            insert(kept, sample);
        }
    }
}

/// Returns the samples of a competition, and forgets those of another one if there are too many.
fn of_room(
    rooms: &mut HashMap<CompetitionId, VecDeque<SecondSample>>,
    competition: CompetitionId,
) -> &mut VecDeque<SecondSample> {
    if !rooms.contains_key(&competition) && rooms.len() >= MOST_ROOMS {
        let oldest = rooms
            .iter()
            .min_by_key(|(_, samples)| samples.back().map(|newest| newest.at));
        if let Some(oldest) = oldest.map(|(id, _)| *id) {
            rooms.remove(&oldest);
        }
    }
    rooms.entry(competition).or_default()
}

/// Returns whether there is no other sample near to this one, and it lies between those before and after it: numbers
/// that were read at the same time may be told in another order.
fn is_needed(kept: &VecDeque<SecondSample>, sample: &SecondSample) -> bool {
    kept.iter().all(|other| {
        let is_far = (other.at - sample.at).abs() >= NEIGHBOURHOOD;
        let is_in_order = match other.at < sample.at {
            true => other.registered <= sample.registered && other.cancelled <= sample.cancelled,
            false => other.registered >= sample.registered && other.cancelled >= sample.cancelled,
        };
        is_far && is_in_order
    })
}

/// Adds a sample by its time, and forgets what is older than [`KEPT`] or lies before a gap.
fn insert(kept: &mut VecDeque<SecondSample>, sample: SecondSample) {
    if kept
        .back()
        .is_some_and(|newest| sample.at - newest.at > LONGEST_GAP)
    {
        kept.clear();
    }
    let at = kept.partition_point(|other| other.at <= sample.at);
    kept.insert(at, sample);
    let newest = kept.back().map_or(sample.at, |newest| newest.at);
    while kept.len() > MOST_SAMPLES || kept.front().is_some_and(|first| newest - first.at > KEPT) {
        kept.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::store::memory;

    fn sample_at(milliseconds: i64, registered: u64) -> SecondSample {
        SecondSample {
            at: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds),
            taken: registered,
            waiting: 0,
            registered,
            cancelled: 0,
        }
    }

    #[test]
    fn the_samples_are_bounded_in_time_and_number_and_begin_anew_after_a_gap() {
        let mut kept = VecDeque::new();
        for second in 0..1_000 {
            insert(&mut kept, sample_at(second * 1_000, 0));
        }
        assert_eq!(kept.len(), 301);
        for millisecond in 0..1_000 {
            insert(&mut kept, sample_at(1_000_000 + millisecond, 0));
        }
        assert_eq!(kept.len(), MOST_SAMPLES);
        insert(&mut kept, sample_at(1_020_000, 0));
        assert_eq!(kept.len(), 1);
    }

    #[tokio::test]
    async fn samples_of_another_process_fill_the_seconds_that_this_one_lacks() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::seconds(4));
        let bus = memory::ports(&clock).bus;
        let samples = Samples::new(clock, bus, CancellationToken::new());
        let id = CompetitionId::new();
        samples.add(id, sample_at(1_000, 10)).await;
        samples.add(id, sample_at(4_000, 40)).await;
        let tell = |sample: SecondSample| {
            let message = SampleMessage {
                process: Uuid::now_v7(),
                competition: id,
                sample,
            };
            samples.accept(&serde_json::to_vec(&message).unwrap());
        };
        tell(sample_at(2_000, 20));
        // There is one of that second; more than there were later; the clock is wrong.
        tell(sample_at(3_900, 39));
        tell(sample_at(3_000, 41));
        tell(sample_at(3_600_000, 50));
        samples.accept(b"nonsense");
        let kept = samples.add(id, sample_at(5_000, 50)).await;
        let registered: Vec<_> = kept.iter().map(|sample| sample.registered).collect();
        assert_eq!(registered, [10, 20, 40, 50]);
    }

    #[tokio::test]
    async fn the_number_of_competitions_is_bounded() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let bus = memory::ports(&clock).bus;
        let samples = Samples::new(clock, bus, CancellationToken::new());
        let first = CompetitionId::new();
        for number in 0..=MOST_ROOMS {
            let id = if number == 0 {
                first
            } else {
                CompetitionId::new()
            };
            let at = i64::try_from(number).unwrap();
            samples.add(id, sample_at(at, 0)).await;
        }
        let rooms = samples.lock();
        assert_eq!(rooms.len(), MOST_ROOMS);
        assert!(!rooms.contains_key(&first));
    }
}

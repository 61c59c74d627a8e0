//! How many event streams of each competition are open: in this process, and in the others.
//!
//! Every two seconds each process publishes its numbers on the bus in one message, those of the competitions with the
//! most streams. Numbers of a process that says nothing for a while count no more. They are for organizers to look at,
//! and nothing depends on them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    model::CompetitionId,
    store::ports::{Bus, BusMessage},
};

/// The topic of the numbers on the bus.
const TOPIC: &str = "stream-counts";
/// How often a process publishes its numbers.
const PERIOD: Duration = Duration::from_secs(2);
/// For how long the numbers of another process count.
const LIFETIME: Duration = Duration::from_secs(7);
/// The number of competitions in one message.
const MOST_COMPETITIONS: usize = 200;
/// The number of processes whose numbers are kept.
const MOST_PROCESSES: usize = 100;

/// The numbers of one process, as a message of the bus.
#[derive(Debug, Serialize, Deserialize)]
struct ProcessNumbers {
    process: Uuid,
    numbers: Vec<(CompetitionId, u64)>,
}

/// The numbers of another process, and when they came.
type OtherProcess = (Instant, HashMap<CompetitionId, u64>);

#[derive(Default)]
struct Numbers {
    own: HashMap<CompetitionId, u64>,
    others: HashMap<Uuid, OtherProcess>,
}

/// Counts open event streams. Cheap to clone; clones share their numbers.
#[derive(Clone)]
pub struct StreamCounts {
    process: Uuid,
    numbers: Arc<Mutex<Numbers>>,
}

impl std::fmt::Debug for StreamCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamCounts")
    }
}

/// An open event stream: it counts until it is dropped.
#[derive(Debug)]
pub struct CountedStream {
    counts: StreamCounts,
    competition: CompetitionId,
}

impl Drop for CountedStream {
    fn drop(&mut self) {
        let mut numbers = self.counts.lock();
        if let Some(number) = numbers.own.get_mut(&self.competition) {
            *number = number.saturating_sub(1);
            if *number == 0 {
                numbers.own.remove(&self.competition);
            }
        }
    }
}

impl StreamCounts {
    /// Creates a counter that exchanges its numbers with other processes until `stop`.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, stop: CancellationToken) -> Self {
        let counts = Self {
            process: Uuid::now_v7(),
            numbers: Arc::default(),
        };
        let exchanging = counts.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move { exchanging.exchange(bus).await }));
        counts
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a stream of a competition, as long as the value exists.
    #[must_use]
    pub fn join(&self, competition: CompetitionId) -> CountedStream {
        *self.lock().own.entry(competition).or_default() += 1;
        CountedStream {
            counts: self.clone(),
            competition,
        }
    }

    /// Returns the number of open streams of a competition, in all processes.
    #[must_use]
    pub fn of(&self, competition: CompetitionId) -> u64 {
        self.of_at(competition, Instant::now())
    }

    fn of_at(&self, competition: CompetitionId, now: Instant) -> u64 {
        let numbers = self.lock();
        let others = numbers
            .others
            .values()
            .filter(|(since, _)| now.duration_since(*since) < LIFETIME)
            .filter_map(|(_, others)| others.get(&competition));
        others.sum::<u64>() + numbers.own.get(&competition).copied().unwrap_or(0)
    }

    async fn exchange(&self, bus: Arc<dyn Bus>) {
        let mut messages = bus.subscribe();
        let mut publish = tokio::time::interval(PERIOD);
        publish.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut had_any = false;
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(BusMessage { topic, payload }) if topic == TOPIC => self.accept(&payload),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = publish.tick() => {
                    let own = self.own();
                    // The last message says that no stream is left.
                    if had_any || !own.numbers.is_empty() {
                        had_any = !own.numbers.is_empty();
                        let Ok(payload) = serde_json::to_vec(&own) else { continue };
                        if let Err(error) = bus.publish(TOPIC, payload.into()).await {
                            tracing::debug!(%error, "Could not publish the number of open event streams");
                        }
                    }
                }
            }
        }
    }

    /// Returns the numbers of this process, of the competitions with the most streams.
    fn own(&self) -> ProcessNumbers {
        let mut numbers: Vec<_> = self.lock().own.iter().map(|(id, n)| (*id, *n)).collect();
        numbers.sort_unstable_by_key(|(id, number)| (std::cmp::Reverse(*number), *id));
        numbers.truncate(MOST_COMPETITIONS);
        ProcessNumbers {
            process: self.process,
            numbers,
        }
    }

    fn accept(&self, payload: &[u8]) {
        let Ok(message) = serde_json::from_slice::<ProcessNumbers>(payload) else {
            tracing::warn!("Could not decode the number of event streams of another process");
            return;
        };
        if message.process == self.process {
            return;
        }
        let mut numbers = self.lock();
        let others = &mut numbers.others;
        others.retain(|_, (since, _)| since.elapsed() < LIFETIME);
        if others.len() < MOST_PROCESSES || others.contains_key(&message.process) {
            let counts = message.numbers.into_iter().take(MOST_COMPETITIONS);
            others.insert(message.process, (Instant::now(), counts.collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ops::Clock, store::memory};

    fn counts() -> StreamCounts {
        let bus = memory::ports(&Clock::system()).bus;
        StreamCounts::new(bus, CancellationToken::new())
    }

    fn tell(counts: &StreamCounts, of: &StreamCounts) {
        counts.accept(&serde_json::to_vec(&of.own()).unwrap());
    }

    #[tokio::test]
    async fn streams_are_counted_in_all_processes_until_they_end_or_the_process_is_gone() {
        let (first, second) = (counts(), counts());
        let id = CompetitionId::new();
        let streams = [first.join(id), first.join(id), second.join(id)];
        assert_eq!((first.of(id), second.of(id)), (2, 1));
        tell(&first, &second);
        tell(&first, &first);
        assert_eq!(first.of(id), 3, "its own numbers count once");
        assert_eq!(first.of_at(id, Instant::now() + LIFETIME), 2);
        assert_eq!(first.of(CompetitionId::new()), 0);
        drop(streams);
        tell(&first, &second);
        assert_eq!((first.of(id), second.of(id)), (0, 0));
        assert!(first.lock().own.is_empty());
    }

    #[tokio::test]
    async fn what_other_processes_say_is_bounded() {
        let (first, second) = (counts(), counts());
        let streams: Vec<_> = (0..2 * MOST_COMPETITIONS)
            .map(|_| second.join(CompetitionId::new()))
            .collect();
        assert_eq!(second.own().numbers.len(), MOST_COMPETITIONS);
        for _ in 0..2 * MOST_PROCESSES {
            tell(
                &first,
                &StreamCounts {
                    process: Uuid::now_v7(),
                    ..second.clone()
                },
            );
        }
        first.accept(b"nonsense");
        assert_eq!(first.lock().others.len(), MOST_PROCESSES);
        drop(streams);
    }
}

//! The pace of queues whose jobs one other service does, such as an SMTP server that accepts so many mails a minute.
//!
//! When the service refuses a job because there are too many ([`Failure::Congested`]), no worker of this process begins
//! another job of the queue for a while. The wait doubles with each refusal that follows, up to a minute, and shrinks
//! with each success; jobs that were under way together count as one refusal. Until the wait is over altogether, a
//! worker does one job at a time, so that a service that is still busy refuses few of them. Jobs of the queue stay where
//! they are, which costs nothing. Each process learns from its own refusals.
//!
//! [`Failure::Congested`]: super::Failure::Congested

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::kind::JobKind;
use crate::ops::metrics::names;

/// The first wait after a refusal.
const SHORTEST: TimeDelta = TimeDelta::seconds(1);
/// The longest wait, however many refusals follow.
const LONGEST: TimeDelta = TimeDelta::seconds(60);
/// A success shrinks the wait by one part in so many.
const SHRINKS_BY: i32 = 4;
/// A wait that is shorter has ended.
const NEGLIGIBLE: TimeDelta = TimeDelta::milliseconds(500);
/// The least time between two records in the log about one queue.
const LOG_PERIOD: TimeDelta = TimeDelta::hours(1);
/// A job that was refused waits for this share of its age at least, so that one that is refused for ever is not tried
/// all the time.
const SHARE_OF_AGE: i32 = 2;
/// The bounds of the wait of a job that was refused.
const LEAST_WAIT: TimeDelta = TimeDelta::seconds(5);
const MOST_WAIT: TimeDelta = TimeDelta::minutes(5);

/// What this process knows about the pace of its queues. Cheap to clone; clones share their knowledge.
#[derive(Debug, Clone, Default)]
pub struct QueuePace {
    queues: Arc<Mutex<HashMap<&'static str, Pace>>>,
}

/// The pace of one queue.
#[derive(Debug, Clone, Default)]
struct Pace {
    /// The wait after the latest refusal, less what successes have taken away; zero at full speed.
    wait: TimeDelta,
    /// The time before which no job begins.
    until: DateTime<Utc>,
    /// The number of refusals that have counted.
    turn: u64,
    /// The kinds of the jobs that were refused. A job of another kind says nothing about the service.
    kinds: BTreeSet<&'static str>,
    logged_at: Option<DateTime<Utc>>,
}

impl QueuePace {
    /// Returns for how long no job of a queue begins; `None` if jobs may begin.
    #[must_use]
    pub fn wait(&self, queue: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
        let queues = self.queues();
        let pace = queues.get(queue)?;
        (pace.until > now).then(|| pace.until - now)
    }

    /// Returns whether jobs of a queue begin one by one.
    #[must_use]
    pub fn is_slow(&self, queue: &str) -> bool {
        let queues = self.queues();
        queues.get(queue).is_some_and(|pace| !pace.wait.is_zero())
    }

    /// Returns what to give to [`refused`](Self::refused) and [`succeeded`](Self::succeeded) about jobs that begin now.
    pub(super) fn turn(&self, queue: &str) -> u64 {
        self.queues().get(queue).map_or(0, |pace| pace.turn)
    }

    /// Slows the queue of a job down that was refused, unless another refusal has since the job began.
    pub(super) fn refused(&self, kind: JobKind, turn: u64, error: &str, now: DateTime<Utc>) {
        let mut queues = self.queues();
        let pace = queues.entry(kind.queue).or_default();
        if pace.turn != turn {
            return;
        }
        pace.turn += 1;
        pace.kinds.insert(kind.name);
        pace.wait = (pace.wait * 2).clamp(SHORTEST, LONGEST);
        pace.until = now + pace.wait;
        pace.show(kind.queue);
        if pace.logged_at.is_none_or(|at| now - at >= LOG_PERIOD) {
            pace.logged_at = Some(now);
            let queue = kind.queue;
            tracing::warn!(
                error,
                queue.name = queue,
                "Queue {queue} slows down, since not all of its jobs are accepted at present; no job is lost"
            );
        }
    }

    /// Lets the queue of a job that was done go faster, unless a refusal has slowed it down since the job began.
    pub(super) fn succeeded(&self, kind: JobKind, turn: u64) {
        let mut queues = self.queues();
        let Some(pace) = queues.get_mut(kind.queue) else {
            return;
        };
        if pace.turn != turn || pace.wait.is_zero() || !pace.kinds.contains(kind.name) {
            return;
        }
        pace.wait -= pace.wait / SHRINKS_BY;
        if pace.wait < NEGLIGIBLE {
            pace.wait = TimeDelta::zero();
        }
        pace.show(kind.queue);
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<&'static str, Pace>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Exposes the wait as a metric.
    fn show(&self, queue: &'static str) {
        #[allow(clippy::cast_precision_loss, reason = "at most a minute")]
        let seconds = self.wait.num_milliseconds() as f64 / 1_000.0;
        metrics::gauge!(names::QUEUE_WAIT, "queue" => queue).set(seconds);
    }
}

/// Returns how long a job of this age waits after it was refused, in a queue that waits for so long.
pub(super) fn wait_of(queue_wait: Option<TimeDelta>, age: TimeDelta) -> TimeDelta {
    let of_age = (age / SHARE_OF_AGE).clamp(LEAST_WAIT, MOST_WAIT);
    queue_wait.map_or(of_age, |wait| wait.max(of_age))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Queues;

    const MAIL: JobKind = JobKind::new("mail", Queues::MAIL);
    const PUSH: JobKind = JobKind::new("push", Queues::MAIL);

    fn second(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(number)
    }

    /// Has a job of the queue refused at a time, and returns the wait in seconds.
    fn refuse(pace: &QueuePace, at: DateTime<Utc>) -> i64 {
        pace.refused(MAIL, pace.turn(Queues::MAIL), "450", at);
        pace.wait(Queues::MAIL, at).unwrap().num_seconds()
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_ends() {
        let pace = QueuePace::default();
        assert_eq!(pace.wait(Queues::MAIL, second(0)), None);
        let mut now = second(0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = refuse(&pace, now);
            now += TimeDelta::seconds(wait);
            assert_eq!(pace.wait(Queues::MAIL, now), None);
            assert!(pace.is_slow(Queues::MAIL) && !pace.is_slow(Queues::WEBHOOK));
            waits.push(wait);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn jobs_that_were_under_way_together_count_as_one_refusal() {
        let pace = QueuePace::default();
        let turn = pace.turn(Queues::MAIL);
        for _ in 0..4 {
            pace.refused(MAIL, turn, "450", second(0));
        }
        assert_eq!(pace.wait(Queues::MAIL, second(0)), Some(SHORTEST));
        // The success of an older job says nothing about the time since.
        pace.succeeded(MAIL, turn);
        assert!(pace.is_slow(Queues::MAIL));
    }

    #[test]
    fn successes_of_the_same_kind_end_the_wait() {
        let pace = QueuePace::default();
        for at in 0..7 {
            refuse(&pace, second(at));
        }
        for _ in 0..50 {
            pace.succeeded(PUSH, pace.turn(Queues::MAIL));
        }
        assert!(pace.is_slow(Queues::MAIL), "a push service is another one");
        let mut successes = 0;
        while pace.is_slow(Queues::MAIL) {
            pace.succeeded(MAIL, pace.turn(Queues::MAIL));
            successes += 1;
        }
        assert!((10..=20).contains(&successes), "{successes}");
        assert_eq!(refuse(&pace, second(100)), 1, "from the beginning");
    }

    #[test]
    fn a_job_that_is_always_refused_waits_longer_and_longer() {
        let seconds = |wait, age| {
            let wait = Some(TimeDelta::seconds(wait));
            wait_of(wait, TimeDelta::seconds(age)).num_seconds()
        };
        assert_eq!((seconds(1, 0), seconds(60, 0)), (5, 60));
        assert_eq!((seconds(1, 100), seconds(1, 86_400)), (50, 300));
        assert_eq!(wait_of(None, TimeDelta::zero()), LEAST_WAIT);
    }
}

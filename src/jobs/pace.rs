//! The pace of queues whose jobs one other service does, such as an SMTP server that accepts so many mails a minute.
//!
//! When the service refuses a job because there are too many ([`Failure::Congested`]), no worker of this process begins
//! another job of the queue for a while. The wait doubles with each refusal that follows, up to a minute, and shrinks
//! with each success; jobs that were under way together count as one refusal. Until the wait is over altogether, a
//! worker does one job at a time, so that a service that is still busy refuses few of them. Jobs of the queue stay where
//! they are, which costs nothing. Each process learns from its own refusals.
//!
//! A service may refuse some jobs for ever, such as the mail to a server that is down, and not say that it is because of
//! them. So a job that was refused again and again although others were done in between slows the queue down no more.
//!
//! [`Failure::Congested`]: super::Failure::Congested

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::kind::JobKind;
use crate::{model::JobId, ops::metrics::names};

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
/// After so many refusals in spite of other jobs that were done, the refusals of a job are about that job. A service that
/// limits the rate refuses hardly any job so often.
const OF_JOB: u32 = 2;
/// The most jobs of a queue that are known to have been refused. When there are more, all are forgotten, so each slows
/// the queue down once more.
const MOST_REFUSED: usize = 10_000;
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
    /// The services that have refused jobs. A job of another service says nothing about them.
    services: BTreeSet<&'static str>,
    /// The number of jobs that these services have done since the first refusal.
    successes: u64,
    /// The jobs that were refused and have not been done.
    refused: HashMap<JobId, Refusals>,
    logged_at: Option<DateTime<Utc>>,
}

/// How often a job was refused.
#[derive(Debug, Clone, Copy, Default)]
struct Refusals {
    /// The number of successes of other jobs at the latest refusal.
    successes: u64,
    /// The number of refusals before which others were done since the refusal before.
    in_spite: u32,
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

    /// Slows the queue of a job down that was refused, unless another refusal has since the job began, or the job is
    /// refused whatever happens to others.
    pub(super) fn refused(
        &self,
        kind: JobKind,
        job: JobId,
        turn: u64,
        error: &str,
        now: DateTime<Utc>,
    ) {
        let mut queues = self.queues();
        let pace = queues.entry(kind.queue).or_default();
        if pace.refused.len() >= MOST_REFUSED {
            pace.refused.clear();
        }
        let successes = pace.successes;
        let refusals = pace.refused.entry(job).or_insert(Refusals {
            successes,
            in_spite: 0,
        });
        let in_spite = successes > refusals.successes;
        refusals.successes = successes;
        refusals.in_spite += u32::from(in_spite);
        if pace.turn != turn || (in_spite && refusals.in_spite >= OF_JOB) {
            return;
        }
        pace.turn += 1;
        pace.services.insert(kind.service);
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
    pub(super) fn succeeded(&self, kind: JobKind, job: JobId, turn: u64) {
        let mut queues = self.queues();
        let Some(pace) = queues.get_mut(kind.queue) else {
            return;
        };
        if !pace.services.contains(kind.service) {
            return;
        }
        pace.refused.remove(&job);
        pace.successes += 1;
        if pace.turn != turn || pace.wait.is_zero() {
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
    const LETTER: JobKind = JobKind::new("letter", Queues::MAIL);
    const PUSH: JobKind = JobKind::new("push", Queues::MAIL).by_service("push");

    fn second(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(number)
    }

    /// Has a new job of the queue refused at a time, and returns the wait in seconds.
    fn refuse(pace: &QueuePace, at: DateTime<Utc>) -> i64 {
        refuse_job(pace, JobId::new(), at).unwrap()
    }

    /// Has a job of the queue refused at a time, and returns the wait in seconds, if there is one.
    fn refuse_job(pace: &QueuePace, job: JobId, at: DateTime<Utc>) -> Option<i64> {
        pace.refused(MAIL, job, pace.turn(Queues::MAIL), "450", at);
        let wait = pace.wait(Queues::MAIL, at);
        wait.map(|wait| wait.num_seconds())
    }

    /// Has a new job done.
    fn succeed(pace: &QueuePace, kind: JobKind) {
        pace.succeeded(kind, JobId::new(), pace.turn(Queues::MAIL));
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
            pace.refused(MAIL, JobId::new(), turn, "450", second(0));
        }
        assert_eq!(pace.wait(Queues::MAIL, second(0)), Some(SHORTEST));
        // The success of an older job says nothing about the time since.
        pace.succeeded(MAIL, JobId::new(), turn);
        assert!(pace.is_slow(Queues::MAIL));
    }

    #[test]
    fn successes_of_the_same_service_end_the_wait() {
        let pace = QueuePace::default();
        for at in 0..7 {
            refuse(&pace, second(at));
        }
        for _ in 0..50 {
            succeed(&pace, PUSH);
        }
        assert!(pace.is_slow(Queues::MAIL), "a push service is another one");
        let mut successes = 0;
        while pace.is_slow(Queues::MAIL) {
            succeed(&pace, if successes % 2 == 0 { MAIL } else { LETTER });
            successes += 1;
        }
        assert!((10..=20).contains(&successes), "{successes}");
        assert_eq!(refuse(&pace, second(100)), 1, "from the beginning");
    }

    #[test]
    fn a_job_that_is_refused_while_others_are_done_slows_them_down_no_more() {
        let pace = QueuePace::default();
        let job = JobId::new();
        assert_eq!(refuse_job(&pace, job, second(0)), Some(1));
        assert_eq!(
            refuse_job(&pace, job, second(10)),
            Some(2),
            "nothing was done"
        );
        succeed(&pace, PUSH);
        assert_eq!(
            refuse_job(&pace, job, second(20)),
            Some(4),
            "by another service"
        );
        succeed(&pace, LETTER);
        assert_eq!(refuse_job(&pace, job, second(30)), Some(6), "once");
        succeed(&pace, LETTER);
        assert_eq!(refuse_job(&pace, job, second(40)), None);
        assert_eq!(refuse_job(&pace, JobId::new(), second(50)), Some(9));
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

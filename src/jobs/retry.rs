//! Decides when a failed job is tried again: pure functions.

use chrono::TimeDelta;

use super::kind::Queues;

/// How often a job is tried again, after exponential back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait; each next one is twice as long (2 s, 4 s, 8 s).
    pub base: TimeDelta,
    /// Retries after the first attempt.
    pub max_retries: u32,
}

/// The retry policy of each queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicies {
    /// The policy of jobs that change the database.
    pub jobs: RetryPolicy,
    /// The policy of mail and webhooks: an SMTP server is unavailable for hours, not seconds.
    pub mail: RetryPolicy,
}

impl RetryPolicies {
    /// Returns the policy of a queue.
    #[must_use]
    pub fn for_queue(&self, queue: &str) -> RetryPolicy {
        if Queues::waits_for_others(queue) {
            self.mail
        } else {
            self.jobs
        }
    }
}

/// What happens to a job whose attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// It is tried again after this long.
    Retry(TimeDelta),
    /// It becomes a dead letter.
    DeadLetter,
}

impl NextStep {
    /// Returns the same step, but a retry after `least` at the earliest.
    #[must_use]
    pub fn not_before(self, least: TimeDelta) -> Self {
        match self {
            Self::Retry(wait) => Self::Retry(wait.max(least)),
            Self::DeadLetter => Self::DeadLetter,
        }
    }
}

impl RetryPolicy {
    /// Returns what follows failure number `attempts` (from 1). `jitter` from 0 to 1 stretches the wait by up
    /// to a tenth, so that jobs that failed together do not come back together.
    #[must_use]
    pub fn after(self, attempts: u32, jitter: f64) -> NextStep {
        if attempts > self.max_retries {
            return NextStep::DeadLetter;
        }
        let doublings = attempts.saturating_sub(1).min(20);
        let wait = self.base.num_milliseconds().saturating_mul(1 << doublings);
        let spread = wait / 10;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a fraction of some seconds"
        )]
        let extra = (spread as f64 * jitter.clamp(0.0, 1.0)) as i64;
        NextStep::Retry(TimeDelta::milliseconds(wait.saturating_add(extra)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        base: TimeDelta::milliseconds(2_000),
        max_retries: 3,
    };

    #[test]
    fn retries_come_after_two_four_and_eight_seconds_and_then_the_job_is_a_dead_letter() {
        let plan: Vec<_> = (1..=4).map(|n| POLICY.after(n, 0.0)).collect();
        let wait = |s| NextStep::Retry(TimeDelta::seconds(s));
        assert_eq!(plan, [wait(2), wait(4), wait(8), NextStep::DeadLetter]);
    }

    #[test]
    fn jitter_stretches_a_wait_by_a_tenth_at_most() {
        assert_eq!(
            POLICY.after(1, 1.0),
            NextStep::Retry(TimeDelta::milliseconds(2_200))
        );
    }

    #[test]
    fn a_retry_waits_for_as_long_as_was_asked_for_and_no_attempt_is_added() {
        let wait = |s| NextStep::Retry(TimeDelta::seconds(s));
        let asked = |seconds, attempt| {
            let least = TimeDelta::seconds(seconds);
            POLICY.after(attempt, 0.0).not_before(least)
        };
        assert_eq!((asked(120, 1), asked(1, 2)), (wait(120), wait(4)));
        assert_eq!(asked(120, 4), NextStep::DeadLetter);
    }

    #[test]
    fn without_retries_the_first_failure_makes_a_dead_letter() {
        let policy = RetryPolicy {
            max_retries: 0,
            ..POLICY
        };
        assert_eq!(policy.after(1, 0.0), NextStep::DeadLetter);
    }
}

//! Spans of running jobs: what is logged while a job runs carries the job's fields.

use tracing::{Span, field::Empty, info_span};

use super::{context::Claimant, decode::DecodedJob};

/// Returns the span of jobs of one kind that run together. It has the id of a single job, and the
/// number of several jobs: those share a transaction, so that no record is about one of them alone.
pub(super) fn of_group(claimant: &Claimant<'_>, group: &[DecodedJob]) -> Span {
    match group {
        [] => Span::none(),
        [decoded] => info_span!(
            "job",
            job.id = %decoded.job.id,
            job.kind = decoded.job.kind.name,
            job.attempt = Empty,
            queue.name = claimant.queue
        ),
        [first, ..] => info_span!(
            "jobs",
            job.kind = first.job.kind.name,
            count = group.len(),
            queue.name = claimant.queue
        ),
    }
}

/// Adds to the span of a single job how often it was tried, including this attempt.
pub(super) fn record_attempt(previous_attempts: i32) {
    Span::current().record("job.attempt", previous_attempts + 1);
}

//! What all parts of a worker share: the database, the queue, the clock and the limits.

use std::{sync::Arc, time::Duration};

use super::{
    decode::DecodedJob, kind::JobKinds, pace::QueuePace, queue_pauses::QueuePauses,
    retry::RetryPolicies, throughput::Throughput,
};
use crate::{
    ops::Clock,
    store::{
        Database,
        ports::{PortError, Queue},
    },
};

/// The database, queue, clock and limits of workers. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The database that holds the outbox.
    pub database: Database,
    /// The queues from which jobs are claimed.
    pub queue: Arc<dyn Queue>,
    /// The clock by which attempts and dead letters are dated.
    pub clock: Clock,
    /// The kinds of jobs that this release knows.
    pub job_kinds: JobKinds,
    /// When a failed job is tried again.
    pub retry_policies: RetryPolicies,
    /// Which queues are paused.
    pub pauses: QueuePauses,
    /// How fast jobs begin.
    pub pace: QueuePace,
    /// Counts the jobs that are completed.
    pub throughput: Throughput,
    /// How long one attempt at a job, or at a group of jobs in one transaction, may take.
    pub job_timeout: Duration,
}

impl Context {
    /// Puts jobs that were claimed and not begun back into their queue.
    pub(super) async fn give_back(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
    ) -> Result<(), PortError> {
        let envelopes: Vec<_> = group.iter().map(|job| job.envelope.clone()).collect();
        self.queue
            .give_back(claimant.queue, claimant.worker, &envelopes)
            .await
    }
}

/// The worker that holds claimed jobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimant<'a> {
    /// The queue from which the jobs were claimed.
    pub queue: &'static str,
    /// The name of the worker.
    pub worker: &'a str,
}

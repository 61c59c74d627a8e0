//! Handlers do the work of jobs: one for each kind, registered when the process starts.
//!
//! | trait | for | transaction | runs |
//! | --- | --- | --- | --- |
//! | [`Handler`] | changes of rows, many jobs at once | the one that completes the jobs | exactly once |
//! | [`StepHandler`] | long work in steps | one a step; the step enqueues the next one | exactly once |
//! | [`Effect`] | effects outside the database, such as mail | none while it runs | at least once |

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{kind::JobKind, outbox::NewJob};
use crate::{
    model::JobId,
    store::{InfrastructureError, Transaction, Writes},
};

/// A job that a worker has claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The id of the job and of its outbox row.
    pub id: JobId,
    /// The kind of the job.
    pub kind: JobKind,
    /// The payload, in the shape of the kind.
    pub payload: serde_json::Value,
}

impl Job {
    /// Deserializes the payload.
    ///
    /// # Errors
    /// Returns [`Failure::Permanent`] if the payload does not have the shape of `T`.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.payload).map_err(|e| Failure::Permanent(format!("payload: {e}")))
    }
}

/// Why an attempt at a job failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The job can never succeed: it is not tried again.
    #[error("{0}")]
    Permanent(String),
    /// The job may succeed later: it is tried again.
    #[error("{0}")]
    Transient(String),
    /// The job may succeed later. Whoever refused it has named a time before which it is not tried again.
    #[error("{error}")]
    Throttled {
        /// Why the attempt failed.
        error: String,
        /// The least time until the next attempt.
        wait: TimeDelta,
    },
    /// The service that does the jobs of this kind takes no more of them at present, whichever they are. The queue slows
    /// down, and the job is tried again. An attempt is counted only if the job is older than a day.
    #[error("{0}")]
    Congested(String),
    /// The job was not attempted, because others of its kind failed a moment ago. It is tried later, and no attempt is
    /// counted.
    #[error("{error}")]
    Postponed {
        /// Why it was not attempted.
        error: String,
        /// The time until it is tried.
        wait: TimeDelta,
    },
}

impl Failure {
    /// Turns an infrastructure error into a failure that is retried.
    #[must_use]
    pub fn transient(error: impl Into<InfrastructureError>) -> Self {
        Self::Transient(error.into().to_string())
    }
}

/// What a handler did with its jobs.
#[derive(Debug, Default, PartialEq)]
pub struct HandlerOutput {
    /// The result of each job, in the order of the jobs.
    pub results: Vec<Result<(), Failure>>,
    /// Jobs that follow from these; they are written in the same transaction.
    pub new_jobs: Vec<NewJob>,
    /// Further writes, which are executed together with the completion of the jobs.
    pub writes: Writes,
}

/// Handles jobs of one kind, many at once, in the transaction that completes them.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles all `jobs` in `transaction`; the worker completes them in it and commits. Must be
    /// idempotent: a job may be delivered twice.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails. The transaction is rolled back, and
    /// the worker tries the jobs in smaller groups.
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError>;

    /// Runs after the commit of jobs that were handled, before the worker acknowledges them. It does not
    /// run if the process crashes in between, so nothing may depend on it.
    async fn committed(&self, _jobs: &[Job]) {}

    /// Returns how many jobs may share a transaction.
    fn max_batch_size(&self) -> usize {
        usize::MAX
    }
}

/// Handles long work in steps: each job is one step in a transaction of its own, and returns the job
/// of the next step.
#[async_trait]
pub trait StepHandler: Send + Sync {
    /// The payload of the jobs.
    type Payload: serde::de::DeserializeOwned + Send;

    /// Does one step in `transaction` and returns the jobs that follow from it. Must be idempotent: a
    /// job may be delivered twice.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails. The step is rolled back.
    async fn step(
        &self,
        transaction: &Transaction,
        payload: Self::Payload,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError>;

    /// Runs after the commit of a step, as [`Handler::committed`] does.
    async fn step_committed(&self, _payload: Self::Payload) {}
}

#[async_trait]
impl<T: StepHandler> Handler for T {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        let mut output = HandlerOutput::default();
        for job in jobs {
            let result = match job.read() {
                Ok(payload) => {
                    output
                        .new_jobs
                        .extend(self.step(transaction, payload, now).await?);
                    Ok(())
                }
                Err(failure) => Err(failure),
            };
            output.results.push(result);
        }
        Ok(output)
    }

    async fn committed(&self, jobs: &[Job]) {
        for payload in jobs.iter().flat_map(Job::read) {
            self.step_committed(payload).await;
        }
    }

    fn max_batch_size(&self) -> usize {
        1
    }
}

/// Handles jobs of one kind whose effect is outside the database, one at a time.
#[async_trait]
pub trait Effect: Send + Sync {
    /// Performs the effect. Returns `false` if there was nothing to do. No other worker performs the
    /// same job meanwhile. If the process crashes before [`Effect::record`] is committed, the job is
    /// performed again.
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure>;

    /// Records that the effect has happened, in the transaction that completes the job. By default the end of
    /// the job is all that is recorded.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    async fn record(
        &self,
        _transaction: &Transaction,
        _job: &Job,
        _now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        Ok(())
    }
}

/// A handler as the worker runs it.
#[derive(Clone)]
pub(super) enum RegisteredHandler {
    /// Runs in the transaction that completes the jobs.
    Transactional(Arc<dyn Handler>),
    /// Runs outside a transaction.
    Effect(Arc<dyn Effect>),
}

/// The handlers of a process, by kind.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<JobKind, RegisteredHandler>);

impl Handlers {
    /// Registers the handler of a kind.
    #[must_use]
    pub fn with(mut self, kind: JobKind, handler: Arc<dyn Handler>) -> Self {
        self.0
            .insert(kind, RegisteredHandler::Transactional(handler));
        self
    }

    /// Registers the effect of a kind.
    #[must_use]
    pub fn with_effect(mut self, kind: JobKind, effect: Arc<dyn Effect>) -> Self {
        self.0.insert(kind, RegisteredHandler::Effect(effect));
        self
    }

    /// Returns the handler of a kind, if this process has one.
    pub(super) fn get(&self, kind: JobKind) -> Option<&RegisteredHandler> {
        self.0.get(&kind)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

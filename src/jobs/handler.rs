//! What does the work: given to the worker at start, one for each kind.
//!
//! Two flavours. A [`Handler`] changes rows, many jobs at once, inside the transaction that ends
//! them: exactly once. An [`Effect`] reaches out of the database (real mail), one job at a time and
//! outside any transaction, which would otherwise wait for strangers: at least once.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{kind::JobKind, outbox::NewJob};
use crate::{
    model::JobId,
    store::{InfrastructureError, Transaction},
};

/// A job in a worker's hands.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// What to do.
    pub kind: JobKind,
    /// With what.
    pub payload: serde_json::Value,
}

impl Job {
    /// What it asks for, typed.
    ///
    /// # Errors
    /// [`Failure::Permanent`] if it does not read as that.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.payload).map_err(|e| Failure::Permanent(format!("payload: {e}")))
    }
}

/// Why one job was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It can't ever succeed: no retries.
    #[error("{0}")]
    Permanent(String),
    /// It may succeed later.
    #[error("{0}")]
    Transient(String),
}

/// How a handler's jobs went.
#[derive(Debug, Default, PartialEq)]
pub struct HandlerOutput {
    /// Each job's end, in their order.
    pub results: Vec<Result<(), Failure>>,
    /// Further jobs, born in the same transaction.
    pub new_jobs: Vec<NewJob>,
}

/// Does jobs of one kind, many at once, inside the database.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does all of `jobs` inside `transaction`; the worker commits, and ends the jobs in the same
    /// commit. Must be idempotent: a job can come twice.
    ///
    /// # Errors
    /// A [`InfrastructureError`] undoes everything; the worker then tries the jobs in smaller groups.
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError>;

    /// How many jobs go into one transaction, at most.
    fn max_batch_size(&self) -> usize {
        usize::MAX
    }
}

/// Does long work in steps: each job is one step in a transaction of its own, and what is left to do
/// is the job that it returns.
#[async_trait]
pub trait StepHandler: Send + Sync {
    /// What a job of this kind carries.
    type Payload: serde::de::DeserializeOwned + Send;

    /// Does one step inside `transaction` and returns the jobs that follow from it. Must be
    /// idempotent: a job can come twice.
    ///
    /// # Errors
    /// A [`InfrastructureError`] undoes the step.
    async fn step(
        &self,
        transaction: &Transaction,
        payload: Self::Payload,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError>;
}

#[async_trait]
impl<T: StepHandler> Handler for T {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        let mut done = HandlerOutput::default();
        for job in jobs {
            let end = match job.read() {
                Ok(payload) => {
                    done.new_jobs
                        .extend(self.step(transaction, payload, now).await?);
                    Ok(())
                }
                Err(failure) => Err(failure),
            };
            done.results.push(end);
        }
        Ok(done)
    }

    fn max_batch_size(&self) -> usize {
        1
    }
}

/// Does jobs of one kind whose effect is outside the database, one at a time.
#[async_trait]
pub trait Effect: Send + Sync {
    /// Does it; `false` if there was nothing to do. Nobody else is at the same job meanwhile; but
    /// if the process dies before [`Effect::record`] is committed, it is done again.
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure>;

    /// Writes down that it was done, in the transaction that ends the job.
    ///
    /// # Errors
    /// What the database says.
    async fn record(
        &self,
        transaction: &Transaction,
        job: &Job,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError>;
}

/// Either flavour.
#[derive(Clone)]
pub(super) enum RegisteredHandler {
    /// Inside the database.
    Transactional(Arc<dyn Handler>),
    /// Outside.
    Effect(Arc<dyn Effect>),
}

/// Which handler does which kind.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<JobKind, RegisteredHandler>);

impl Handlers {
    /// Entrusts a kind to a handler.
    #[must_use]
    pub fn with(mut self, kind: JobKind, handler: Arc<dyn Handler>) -> Self {
        self.0
            .insert(kind, RegisteredHandler::Transactional(handler));
        self
    }

    /// Entrusts a kind to an effect.
    #[must_use]
    pub fn with_effect(mut self, kind: JobKind, effect: Arc<dyn Effect>) -> Self {
        self.0.insert(kind, RegisteredHandler::Effect(effect));
        self
    }

    /// Who does this kind.
    pub(super) fn get(&self, kind: JobKind) -> Option<&RegisteredHandler> {
        self.0.get(&kind)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

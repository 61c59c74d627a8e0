//! What does the work: given to the worker at start, one for each kind.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use super::{JobKind, outbox::NewJob};
use crate::{model::JobId, store::Fault};

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

/// Does jobs of one kind, many at once.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does all of `jobs` inside `transaction`; the worker commits, and ends the jobs in the same
    /// commit. Must be idempotent: a job can come twice. The outcomes are in the order of `jobs`; a
    /// job's success may bring further jobs, born in the same transaction.
    ///
    /// # Errors
    /// A [`Fault`] undoes everything; the worker then tries the jobs one by one.
    async fn handle(
        &self,
        transaction: &DatabaseTransaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Vec<NewJob>, Failure>>, Fault>;
}

/// Which handler does which kind.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<JobKind, Arc<dyn Handler>>);

impl Handlers {
    /// Entrusts a kind to a handler.
    #[must_use]
    pub fn with(mut self, kind: JobKind, handler: Arc<dyn Handler>) -> Self {
        self.0.insert(kind, handler);
        self
    }

    /// Who does this kind.
    #[must_use]
    pub fn of(&self, kind: JobKind) -> Option<&Arc<dyn Handler>> {
        self.0.get(&kind)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

//! What follows the commit of a group, for all of its batches together.
//!
//! A hundred competitions that open in the same minute have a hundred batches of one or two commands in
//! each group. If each of them pushed its jobs by itself, workers would claim one or two jobs at a time, and
//! every transaction of theirs has a fixed cost.

use tokio_util::task::TaskTracker;

use super::{outcome::KeyedOutcome, response_cache::ResponseCache};
use crate::jobs::outbox::{NewJob, Outbox};

/// Caches outcomes and pushes jobs, in tasks beside the queues.
#[derive(Debug)]
pub(super) struct AfterCommit {
    pub responses: ResponseCache,
    pub outbox: Outbox,
    /// The tasks that a process which stops waits for.
    pub tasks: TaskTracker,
}

impl AfterCommit {
    /// Begins a task for what was committed. No request waits for it, and all of it may fail: the database
    /// has the outcomes, and the relay pushes the jobs.
    pub(super) fn begin(&self, outcomes: Vec<KeyedOutcome>, jobs: Vec<NewJob>) {
        if outcomes.is_empty() && jobs.is_empty() {
            return;
        }
        let (responses, outbox) = (self.responses.clone(), self.outbox.clone());
        self.tasks.spawn(async move {
            let outcomes = outcomes
                .iter()
                .map(|(user, key, stored)| (*user, key, &**stored));
            tokio::join!(responses.insert_shared(outcomes), outbox.committed(&jobs));
        });
    }
}

//! What connects a queued command with the request that waits for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::command::Reply;
use crate::model::DomainError;

/// For how long a command is worth beginning. No request waits longer, so what is older belongs to
/// nobody but a client that went away, and that client has had its time too.
pub(super) const LIFETIME: Duration = Duration::from_secs(11);

/// Whether a command is still to be done. Cheap to clone.
///
/// A request that gave up was told that nothing happened, so its command must not be begun later. A
/// client that merely went away was told nothing: its command is done, and its key finds the answer.
#[derive(Debug, Clone)]
pub(super) struct Validity {
    withdrawn: Arc<AtomicBool>,
    until: Instant,
}

impl Validity {
    pub(super) fn new() -> Self {
        Self {
            withdrawn: Arc::default(),
            until: Instant::now() + LIFETIME,
        }
    }

    /// Returns whether the command may be begun.
    pub(super) fn holds(&self) -> bool {
        !self.withdrawn.load(Relaxed) && Instant::now() < self.until
    }
}

/// The waiting end of a queued command.
#[derive(Debug)]
pub(super) struct PendingReply {
    reply: oneshot::Receiver<Result<Reply, DomainError>>,
    validity: Validity,
}

impl PendingReply {
    /// Makes both ends.
    pub(super) fn new() -> (oneshot::Sender<Result<Reply, DomainError>>, Validity, Self) {
        let (sender, reply) = oneshot::channel();
        let validity = Validity::new();
        let pending = Self {
            reply,
            validity: validity.clone(),
        };
        (sender, validity, pending)
    }

    /// Waits for the reply until `deadline`; `None` if there is none by then.
    ///
    /// A queue whose task died took the reply with it: nothing is known then, so trying again is
    /// the answer.
    pub(super) async fn reply_by(
        &mut self,
        deadline: Instant,
    ) -> Option<Result<Reply, DomainError>> {
        match timeout_at(deadline, &mut self.reply).await {
            Ok(reply) => Some(reply.unwrap_or(Err(DomainError::Overloaded { retry_after: 1 }))),
            Err(_elapsed) => None,
        }
    }

    /// Takes the command back, unless it was begun already.
    pub(super) fn withdraw(self) {
        self.validity.withdrawn.store(true, Relaxed);
    }
}

//! The request's end of a queued command.

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::command::{Reply, Validity};
use crate::model::DomainError;

/// A command's reply that is still to come.
#[derive(Debug)]
pub(super) struct PendingReply {
    reply: oneshot::Receiver<Result<Reply, DomainError>>,
    validity: Validity,
}

impl PendingReply {
    /// Creates both ends: the sender and the validity belong to the queued command.
    pub(super) fn new() -> (oneshot::Sender<Result<Reply, DomainError>>, Validity, Self) {
        let (sender, reply) = oneshot::channel();
        let validity = Validity::new();
        let pending = Self {
            reply,
            validity: validity.clone(),
        };
        (sender, validity, pending)
    }

    /// Waits for the reply until `deadline`; returns `None` if there is none by then.
    ///
    /// If the queue's task panicked, the reply is [`DomainError::Overloaded`]: what happened is unknown,
    /// and trying again with the same key is safe.
    pub(super) async fn reply_by(
        &mut self,
        deadline: Instant,
    ) -> Option<Result<Reply, DomainError>> {
        match timeout_at(deadline, &mut self.reply).await {
            Ok(reply) => Some(reply.unwrap_or(Err(DomainError::Overloaded { retry_after: 1 }))),
            Err(_elapsed) => None,
        }
    }

    /// Withdraws the command, unless it was started already.
    pub(super) fn withdraw(self) {
        self.validity.withdraw();
    }
}

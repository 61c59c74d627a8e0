//! What follows the commit of a group, for all of its batches together.
//!
//! A hundred competitions that open in the same minute have a hundred batches of one or two commands in
//! each group. If each of them pushed its jobs by itself, workers would claim one or two jobs at a time, and
//! every transaction of theirs has a fixed cost. If each of them published its seats and its news by itself, each
//! message would wake every subscriber of every process.

use tokio_util::task::TaskTracker;

use super::{command::CommittedBatch, outcome::KeyedOutcome, response_cache::ResponseCache};
use crate::{
    domain::{news::Audience, seats},
    jobs::outbox::{NewJob, Outbox},
    model::CompetitionId,
    store::ports::{BusMessage, Ports},
};

/// Caches outcomes, pushes jobs, and publishes seats and news, in tasks beside the queues.
#[derive(Debug)]
pub(super) struct AfterCommit {
    pub responses: ResponseCache,
    pub outbox: Outbox,
    /// Messages are published on their bus.
    pub ports: Ports,
    /// The tasks that a process which stops waits for.
    pub tasks: TaskTracker,
}

impl AfterCommit {
    /// Begins a task for what was committed. No request waits for it, and all of it may fail: the database
    /// has the outcomes, the relay pushes the jobs, and open pages read seats and news again.
    pub(super) fn begin(
        &self,
        outcomes: Vec<KeyedOutcome>,
        jobs: Vec<NewJob>,
        messages: Vec<BusMessage>,
    ) {
        if outcomes.is_empty() && jobs.is_empty() && messages.is_empty() {
            return;
        }
        let (responses, outbox) = (self.responses.clone(), self.outbox.clone());
        let bus = self.ports.bus.clone();
        self.tasks.spawn(async move {
            let outcomes = outcomes
                .iter()
                .map(|(user, key, stored)| (*user, key, &**stored));
            let publishing = async {
                if let Err(error) = bus.publish_all(messages).await {
                    tracing::debug!(%error, "Could not publish the seats and news of a commit; other processes read them later");
                }
            };
            tokio::join!(
                responses.insert_shared(outcomes),
                outbox.committed(&jobs),
                publishing
            );
        });
    }
}

/// Returns what committed batches say on the bus: the seats of each competition, and the news of all their accounts
/// together.
pub(super) fn messages<'a>(
    batches: impl Iterator<Item = (CompetitionId, &'a CommittedBatch)>,
) -> Vec<BusMessage> {
    let (mut messages, mut audience) = (Vec::new(), Audience::default());
    for (competition, committed) in batches {
        if let Some(state) = &committed.state {
            messages.extend(seats::update_message(competition, state.seat_counts()));
        }
        audience.users.extend(&committed.changed_accounts);
        if committed.waitlist_moved {
            audience.waitlists.push(competition);
        }
    }
    messages.extend(audience.message());
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;

    #[test]
    fn batches_that_are_committed_together_have_one_message_of_news() {
        let (first, second) = (UserId::new(), UserId::new());
        let committed = |user, waitlist_moved| CommittedBatch {
            changed_accounts: vec![user],
            waitlist_moved,
            ..CommittedBatch::default()
        };
        let batches = [
            (CompetitionId::new(), committed(first, false)),
            (CompetitionId::new(), committed(second, true)),
        ];
        let published = messages(batches.iter().map(|(id, batch)| (*id, batch)));
        let [news] = &published[..] else {
            panic!("one message");
        };
        let audience: Audience = serde_json::from_slice(&news.payload).unwrap();
        assert_eq!(audience.users, [first, second]);
        assert_eq!(audience.waitlists, [batches[1].0]);
    }

    #[test]
    fn a_batch_that_changes_nothing_says_nothing() {
        let unchanged = CommittedBatch::default();
        let published = messages(std::iter::once((CompetitionId::new(), &unchanged)));
        assert!(published.is_empty());
    }
}

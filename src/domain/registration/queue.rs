//! Registration queues: the commands that wait for one competition within this process.
//!
//! With a transaction for each registration, a busy competition could do one registration a commit. So
//! commands are queued, and while one batch commits, the next one gathers by itself: there is no timer,
//! and no delay for a command that is alone. Each competition with waiting commands has a queue with a
//! task of its own, which ends when the queue is empty.
//!
//! The task of a queue repeats:
//!
//! 1. take up to [`MAX_BATCH_SIZE`] commands;
//! 2. acquire the distributed lock, so that processes contend less for the competition's row;
//! 3. take the commands that came meanwhile, and have the batch committed ([`GroupCommit`]);
//! 4. send the replies; publish edits in a task beside the queue. Outcomes are cached, jobs pushed, and seats
//!    published for the whole group ([`AfterCommit`]).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::{
    after_commit::AfterCommit,
    batch_runner::BatchRunner,
    command::{Batch, Command, Reply, Validity},
    group_commit::GroupCommit,
    outcome::ResponseCodec,
    pending_reply::PendingReply,
    response_cache::ResponseCache,
};
use crate::{
    domain::changes::Changes,
    jobs::outbox::{Outbox, RelayWaker},
    model::{CompetitionId, DomainError},
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError,
        ports::{Lease, Ports},
    },
};

/// The number of commands in one batch.
const MAX_BATCH_SIZE: usize = 256;
/// One competition may occupy this many times the queue slots that it leaves to others: three quarters
/// of all if it is alone, and less if several competitions are stuck. So slots never run out.
const MAX_SHARE: usize = 3;
/// How long the distributed lock lasts if its holder crashes.
const LOCK_TTL: Duration = Duration::from_secs(5);
/// How long a batch waits for the distributed lock before it relies on the row lock alone.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that registrations need from the application.
#[derive(Debug, Clone)]
pub struct Dependencies {
    /// The database of the installation.
    pub database: Database,
    /// Lock, cache, queue and bus.
    pub ports: Ports,
    /// The clock that deadlines are compared with.
    pub clock: Clock,
    /// Counts changes of public data.
    pub changes: Changes,
    /// Wakes the relay when a job could not be pushed.
    pub relay: RelayWaker,
    /// Encodes outcomes as responses of the API.
    pub codec: ResponseCodec,
    /// How long outcomes are stored under their idempotency keys.
    pub idempotency_ttl: TimeDelta,
    /// The number of queue slots: commands that may wait in this process.
    pub slots: usize,
    /// Whether accounts can confirm their addresses: if mail can be sent.
    pub confirms_addresses: bool,
}

/// The registration queues of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct RegistrationQueues {
    shared: Arc<Shared>,
}

struct Shared {
    group_commit: Arc<GroupCommit<BatchRunner>>,
    ports: Ports,
    changes: Changes,
    /// A permit for each queue slot of this process.
    slots: Arc<Semaphore>,
    queues: Mutex<HashMap<CompetitionId, RegistrationQueue>>,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationQueues").finish_non_exhaustive()
    }
}

/// The sending end of one competition's queue.
struct RegistrationQueue {
    commands: mpsc::UnboundedSender<QueuedCommand>,
    /// Shared with each command in the queue: the number of its owners counts them.
    members: Arc<()>,
}

impl RegistrationQueue {
    fn length(&self) -> usize {
        Arc::strong_count(&self.members) - 1
    }
}

/// A command in a queue, with the sender of its reply.
struct QueuedCommand {
    command: Command,
    validity: Validity,
    reply: oneshot::Sender<Result<Reply, DomainError>>,
    slot: QueueSlot,
}

/// Capacity for one command, in this process and in its competition's queue. It is free again when the
/// reply is sent.
struct QueueSlot {
    _permit: OwnedSemaphorePermit,
    member: Arc<()>,
}

impl RegistrationQueues {
    /// Creates the queues; they put new outcomes into `responses`.
    pub(super) fn new(dependencies: &Dependencies, responses: ResponseCache) -> Self {
        let tasks = TaskTracker::new();
        let queue = Arc::clone(&dependencies.ports.queue);
        let runner = BatchRunner {
            database: dependencies.database.clone(),
            clock: dependencies.clock.clone(),
            codec: dependencies.codec,
            idempotency_ttl: dependencies.idempotency_ttl,
            confirms_addresses: dependencies.confirms_addresses,
            after_commit: AfterCommit {
                responses,
                outbox: Outbox::new(queue, dependencies.relay.clone()),
                ports: dependencies.ports.clone(),
                tasks: tasks.clone(),
            },
        };
        let connections = dependencies.database.serializable_connections();
        Self {
            shared: Arc::new(Shared {
                group_commit: GroupCommit::new(runner, connections),
                ports: dependencies.ports.clone(),
                changes: dependencies.changes.clone(),
                slots: Arc::new(Semaphore::new(dependencies.slots)),
                queues: Mutex::default(),
                tasks,
            }),
        }
    }

    /// Queues a command. If the client disconnects without [`PendingReply::withdraw`], the command is
    /// done all the same.
    ///
    /// # Errors
    /// Returns [`DomainError::Overloaded`] if all slots are taken, in this process or for this
    /// competition. Nothing happened then.
    pub(super) fn submit(
        &self,
        competition: CompetitionId,
        command: Command,
    ) -> Result<PendingReply, DomainError> {
        let overloaded = DomainError::Overloaded { retry_after: 1 };
        let slots = &self.shared.slots;
        let free = slots.available_permits();
        let Ok(permit) = Arc::clone(slots).try_acquire_owned() else {
            return Err(overloaded);
        };
        let (reply, validity, pending) = PendingReply::new();
        let queues = &self.shared.queues;
        let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get(&competition);
        if queue.is_some_and(|queue| queue.length() >= MAX_SHARE * free) {
            return Err(overloaded);
        }
        let member = queue.map(|queue| Arc::clone(&queue.members));
        let mut queued = QueuedCommand {
            command,
            validity,
            reply,
            slot: QueueSlot {
                _permit: permit,
                member: member.unwrap_or_default(),
            },
        };
        if let Some(queue) = queue {
            // Sending fails only if the queue's task panicked: then a new queue replaces it.
            match queue.commands.send(queued) {
                Ok(()) => return Ok(pending),
                Err(returned) => queued = returned.0,
            }
        }
        let members = Arc::clone(&queued.slot.member);
        let (commands, received) = mpsc::unbounded_channel();
        // This can't fail, as the receiver still exists.
        if commands.send(queued).is_ok() {
            queues.insert(competition, RegistrationQueue { commands, members });
            let shared = Arc::clone(&self.shared);
            self.shared
                .tasks
                .spawn(async move { shared.run_queue(competition, received).await });
        }
        Ok(pending)
    }

    /// Waits until every queued command has a reply, and everything that follows from it is done.
    pub(super) async fn drain(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    /// The task of one competition's queue.
    async fn run_queue(
        self: Arc<Self>,
        competition: CompetitionId,
        mut received: mpsc::UnboundedReceiver<QueuedCommand>,
    ) {
        let mut commands = Vec::with_capacity(MAX_BATCH_SIZE);
        // Whether free seats remain for more of the waitlist than one transaction promotes.
        let mut unfinished = false;
        loop {
            if !unfinished {
                received.recv_many(&mut commands, MAX_BATCH_SIZE).await;
            }
            let lease = self.acquire_lock(competition).await;
            // Commands whose requests timed out in the queue free their slots.
            commands.retain(|queued| queued.validity.holds());
            // Commands that came while the queue waited for the lock are included.
            while commands.len() < MAX_BATCH_SIZE
                && let Ok(queued) = received.try_recv()
            {
                if queued.validity.holds() {
                    commands.push(queued);
                }
            }
            if unfinished || !commands.is_empty() {
                let commands = std::mem::take(&mut commands);
                unfinished = self.commit_batch(competition, commands, lease).await;
            } else if let Some(lease) = lease {
                self.release_lock(lease).await;
            }
            // A process that stops leaves the rest of the waitlist to others.
            unfinished &= !self.tasks.is_closed();
            // Commands are queued under this lock, so none is missed between the check and the removal.
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            if received.is_empty() && !unfinished {
                queues.remove(&competition);
                return;
            }
        }
    }

    /// Commits a batch and sends the replies. Returns whether more of the waitlist has to be promoted.
    async fn commit_batch(
        &self,
        competition: CompetitionId,
        queued: Vec<QueuedCommand>,
        lease: Option<Lease>,
    ) -> bool {
        let mut batch = Batch {
            competition,
            commands: Vec::with_capacity(queued.len()),
            validities: Vec::with_capacity(queued.len()),
        };
        let mut waiting = Vec::with_capacity(queued.len());
        for queued in queued {
            batch.commands.push(queued.command);
            batch.validities.push(queued.validity);
            waiting.push((queued.reply, queued.slot));
        }
        let batch = Arc::new(batch);
        let result = self.group_commit.commit(Arc::clone(&batch)).await;
        if let Some(lease) = lease {
            self.release_lock(lease).await;
        }
        match result {
            Ok(committed) => {
                // Before the replies: whoever has one reads no page from before the commit.
                if committed.state.is_some() {
                    self.changes.seats_changed(competition);
                }
                if batch.edits() {
                    self.changes.edited(competition);
                }
                for ((sender, _slot), reply) in waiting.into_iter().zip(&committed.replies) {
                    // A client that disconnected finds the outcome under its key.
                    let _gone = sender.send(Ok(reply.clone()));
                }
                if batch.edits() {
                    let changes = self.changes.clone();
                    self.tasks
                        .spawn(async move { changes.publish_edit(competition).await });
                }
                committed.unfinished
            }
            Err(error) => {
                log_failure(competition, &error);
                // The commit may have taken effect, if only its reply was lost.
                self.changes.seats_changed(competition);
                if batch.edits() {
                    self.changes.edited(competition);
                }
                for (sender, _slot) in waiting {
                    let _gone = sender.send(Err(DomainError::Overloaded { retry_after: 1 }));
                }
                false
            }
        }
    }

    /// Acquires the distributed lock. Without it, the row lock alone makes processes take turns, more
    /// slowly.
    async fn acquire_lock(&self, competition: CompetitionId) -> Option<Lease> {
        let name = format!("competition:{competition}");
        let lock = &self.ports.lock;
        lock.acquire(&name, LOCK_TTL, LOCK_TIMEOUT)
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(competition.id = %competition, %error, "Could not acquire the distributed lock of competition {competition}; the row lock suffices");
                None
            })
    }

    async fn release_lock(&self, lease: Lease) {
        if let Err(error) = self.ports.lock.release(lease).await {
            tracing::debug!(%error, "Could not release the distributed lock of a competition; it expires");
        }
    }
}

fn log_failure(competition: CompetitionId, error: &InfrastructureError) {
    match error.kind() {
        ErrorKind::Unavailable
        | ErrorKind::Conflict
        | ErrorKind::Duplicate
        | ErrorKind::LockTimeout
        | ErrorKind::StatementTimeout => tracing::warn!(
            competition.id = %competition, %error,
            "Could not commit a batch of competition {competition}; its requests may be repeated"
        ),
        ErrorKind::MissingReference | ErrorKind::Internal => tracing::error!(
            competition.id = %competition, %error,
            "A batch of competition {competition} failed"
        ),
    }
}

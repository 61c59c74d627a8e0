//! The desk: where people queue for one competition within this process.
//!
//! A transaction a registration would cap a hot competition at one commit at a time. So commands
//! queue here, and while one batch commits the next gathers by itself: no timer, and no delay when
//! nobody else is there. A desk with nobody waiting disappears.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::{
    batch_runner::{Batch, BatchRunner, CommittedBatch},
    command::{Command, Reply},
    group_commit::GroupCommit,
    pending_reply::{PendingReply, Validity},
};
use crate::{
    domain::seats::SeatUpdates,
    jobs::outbox::{self, RelayWaker},
    model::{CompetitionId, DomainError, IdempotencyKey, UserId},
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError,
        ports::{Lease, Ports},
    },
};

/// Most commands in one transaction.
pub const MAX_BATCH_SIZE: usize = 256;
/// One competition may occupy so many times the queue slots that it leaves to others: three quarters
/// of all if it is alone, and the more competitions are stuck, the less each. Slots never run out.
const SHARE: usize = 3;
/// How long the distributed lock lives if its holder dies.
const LOCK_TTL: Duration = Duration::from_secs(5);
/// How long a batch waits for the distributed lock before it relies on the database's own.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// What desks need from the house.
#[derive(Debug, Clone)]
pub struct RegistrationQueues {
    shared: Arc<Shared>,
}

struct Shared {
    group_commit: GroupCommit,
    idempotency_ttl: Duration,
    ports: Ports,
    seats: SeatUpdates,
    relay: RelayWaker,
    /// One permit for everyone who waits at any desk of this process.
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<CompetitionId, RegistrationQueue>>,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationQueues").finish_non_exhaustive()
    }
}

/// The way to one competition's queue.
struct RegistrationQueue {
    queue: mpsc::UnboundedSender<QueuedCommand>,
    /// Shared with each command that waits here: the number of its owners counts them.
    members: Arc<()>,
}

impl RegistrationQueue {
    fn waiting(&self) -> usize {
        Arc::strong_count(&self.members) - 1
    }
}

/// A command and who waits for the reply. The permit goes back when the reply is sent.
struct QueuedCommand {
    command: Command,
    validity: Validity,
    reply: oneshot::Sender<Result<Reply, DomainError>>,
    slot: QueueSlot,
}

/// A place in the queues of this process, and in that of one competition.
struct QueueSlot {
    _place: OwnedSemaphorePermit,
    _member: Arc<()>,
}

/// What desks are built from.
#[derive(Debug)]
pub struct Dependencies {
    /// Where seats are.
    pub database: Database,
    /// Lock, cache, queue, bus.
    pub ports: Ports,
    /// The time.
    pub clock: Clock,
    /// Whom to tell about changed numbers.
    pub seats: SeatUpdates,
    /// Wakes the relay where a push failed.
    pub relay: RelayWaker,
    /// How long answers are kept.
    pub idempotency_ttl: TimeDelta,
    /// How many commands may wait in this process.
    pub slots: usize,
}

impl RegistrationQueues {
    /// Queues for every competition, none open yet.
    #[must_use]
    pub fn new(dependencies: Dependencies) -> Self {
        let connections = dependencies.database.serializable_connections();
        let batches = BatchRunner {
            database: dependencies.database,
            clock: dependencies.clock,
            idempotency_ttl: dependencies.idempotency_ttl,
        };
        Self {
            shared: Arc::new(Shared {
                idempotency_ttl: dependencies.idempotency_ttl.to_std().unwrap_or_default(),
                group_commit: GroupCommit::new(batches, connections),
                ports: dependencies.ports,
                seats: dependencies.seats,
                relay: dependencies.relay,
                slots: Arc::new(Semaphore::new(dependencies.slots)),
                open: Mutex::new(HashMap::new()),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// Queues a command. A client that stops waiting without [`PendingReply::withdraw`] loses nothing:
    /// the batch goes on.
    ///
    /// # Errors
    /// [`DomainError::Overloaded`] if too many wait already, in all or at this competition; nothing
    /// happened then.
    pub(super) fn submit(
        &self,
        competition: CompetitionId,
        command: Command,
    ) -> Result<PendingReply, DomainError> {
        let full = DomainError::Overloaded { retry_after: 1 };
        let slots = &self.shared.slots;
        let free = slots.available_permits();
        let Ok(place) = Arc::clone(slots).try_acquire_owned() else {
            return Err(full);
        };
        let (reply, validity, answer) = PendingReply::new();
        let mut open = self
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let desk = open.get(&competition);
        if desk.is_some_and(|desk| desk.waiting() >= SHARE * free) {
            return Err(full);
        }
        let members = desk.map(|desk| Arc::clone(&desk.members));
        let mut waiting = QueuedCommand {
            command,
            validity,
            reply,
            slot: QueueSlot {
                _place: place,
                _member: members.unwrap_or_default(),
            },
        };
        if let Some(desk) = desk {
            // Sending fails only if the desk's task died of a panic: a new desk takes over.
            match desk.queue.send(waiting) {
                Ok(()) => return Ok(answer),
                Err(returned) => waiting = returned.0,
            }
        }
        let members = Arc::clone(&waiting.slot._member);
        let (desk, queue) = mpsc::unbounded_channel();
        // The receiver is in our hands: this can't fail.
        if desk.send(waiting).is_ok() {
            let desk = RegistrationQueue {
                queue: desk,
                members,
            };
            open.insert(competition, desk);
            let shared = Arc::clone(&self.shared);
            self.shared
                .tasks
                .spawn(async move { shared.serve(competition, queue).await });
        }
        Ok(answer)
    }

    /// Waits until everyone who queues has a reply, and what follows from it is done.
    pub async fn drain(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    async fn serve(
        self: Arc<Self>,
        competition: CompetitionId,
        mut queue: mpsc::UnboundedReceiver<QueuedCommand>,
    ) {
        let mut batch = Vec::with_capacity(MAX_BATCH_SIZE);
        // Whether seats are left for people who queue, more than one transaction gives out.
        let mut unfinished = false;
        loop {
            if !unfinished {
                queue.recv_many(&mut batch, MAX_BATCH_SIZE).await;
            }
            let lock = self.lock(competition).await;
            // Requests that gave up while they queued leave their slots.
            batch.retain(|waiting| waiting.validity.holds());
            // Whoever came while we waited for the lock comes along.
            while batch.len() < MAX_BATCH_SIZE
                && let Ok(waiting) = queue.try_recv()
            {
                if waiting.validity.holds() {
                    batch.push(waiting);
                }
            }
            if unfinished || !batch.is_empty() {
                unfinished = self
                    .serve_batch(competition, std::mem::take(&mut batch), lock)
                    .await;
            } else if let Some(lease) = lock {
                self.release(lease).await;
            }
            // A process that stops leaves the rest to the others.
            unfinished &= !self.tasks.is_closed();
            // Whoever queues does so under this lock: nobody slips in between the look and the
            // closing.
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.is_empty() && !unfinished {
                open.remove(&competition);
                return;
            }
        }
    }

    /// Has a batch done, and says whether the queue's head has to be seated further.
    async fn serve_batch(
        self: &Arc<Self>,
        competition: CompetitionId,
        queued: Vec<QueuedCommand>,
        lock: Option<Lease>,
    ) -> bool {
        let mut batch = Batch {
            competition,
            commands: Vec::with_capacity(queued.len()),
            validities: Vec::with_capacity(queued.len()),
        };
        let mut waiting = Vec::with_capacity(queued.len());
        for command in queued {
            batch.commands.push(command.command);
            batch.validities.push(command.validity);
            waiting.push((command.reply, command.slot));
        }
        let batch = Arc::new(batch);
        let outcome = self.group_commit.carry(Arc::clone(&batch)).await;
        if let Some(lease) = lock {
            self.release(lease).await;
        }
        match outcome {
            Ok(committed) => {
                let unfinished = committed.unfinished;
                for ((reply, _slot), said) in waiting.into_iter().zip(&committed.replies) {
                    // Who went away finds the answer under its key.
                    let _gone = reply.send(Ok(said.clone()));
                }
                let shared = Arc::clone(self);
                self.tasks
                    .spawn(async move { shared.after(&batch, committed).await });
                unfinished
            }
            Err(fault) => {
                log(competition, &fault);
                for (reply, _slot) in waiting {
                    let _gone = reply.send(Err(DomainError::Overloaded { retry_after: 1 }));
                }
                false
            }
        }
    }

    async fn release(&self, lease: Lease) {
        if let Err(error) = self.ports.lock.release(lease).await {
            tracing::debug!(%error, "the lock will expire by itself");
        }
    }

    /// Takes the distributed lock: it sheds contention between processes. Without it the row lock
    /// alone does, more slowly.
    async fn lock(&self, competition: CompetitionId) -> Option<Lease> {
        let name = format!("competition:{competition}");
        match self
            .ports
            .lock
            .acquire(&name, LOCK_TTL, LOCK_PATIENCE)
            .await
        {
            Ok(lease) => lease,
            Err(error) => {
                tracing::debug!(%error, "going on without the distributed lock");
                None
            }
        }
    }

    /// What follows a commit and nobody waits for. All of it may fail: the cache is a cache, seat
    /// watchers look again by themselves, and the relay pushes jobs that were not pushed.
    async fn after(&self, batch: &Batch, committed: CommittedBatch) {
        let answers: Vec<_> = batch
            .commands
            .iter()
            .zip(&committed.replies)
            .filter_map(|(command, reply)| match (command, reply) {
                (
                    Command::Register { user, key, .. },
                    Reply::Answer {
                        stored,
                        replayed: false,
                    },
                ) => serde_json::to_vec(stored)
                    .ok()
                    .map(|bytes| (cache_key(*user, key), bytes.into())),
                _ => None,
            })
            .collect();
        let ttl = self.idempotency_ttl;
        let (cached, pushed, ()) = tokio::join!(
            async {
                if answers.is_empty() {
                    Ok(())
                } else {
                    self.ports.cache.set_many(answers, ttl).await
                }
            },
            outbox::push(&*self.ports.queue, &committed.jobs),
            async {
                if let Some(state) = &committed.state {
                    self.seats.publish(batch.competition, state.into()).await;
                }
            }
        );
        if let Err(error) = cached {
            tracing::debug!(%error, "answers were not cached; the database has them");
        }
        if let Err(error) = pushed {
            tracing::debug!(%error, "jobs were not pushed; the relay does it");
            self.relay.wake();
        }
    }
}

fn log(competition: CompetitionId, fault: &InfrastructureError) {
    match fault.kind() {
        ErrorKind::Unavailable
        | ErrorKind::Conflict
        | ErrorKind::Duplicate
        | ErrorKind::LockTimeout
        | ErrorKind::StatementTimeout => {
            tracing::warn!(%competition, %fault, "a batch was not written; its people may retry");
        }
        ErrorKind::MissingReference | ErrorKind::Internal => {
            tracing::error!(%competition, %fault, "a batch failed");
        }
    }
}

/// The cache's key for an answer. A key of the client's choosing could hold anything visible; as it
/// is bounded and prefixed by the account's id it can only ever collide with itself. In the log of
/// the cache it stands as it was sent.
#[must_use]
pub(super) fn cache_key(user: UserId, key: &IdempotencyKey) -> String {
    format!("idem:{user}:{key}")
}

/// A name for "somebody works on this key", free of the client's characters.
#[must_use]
pub(super) fn in_flight_key(user: UserId, key: &IdempotencyKey) -> String {
    format!(
        "inflight:{user}:{}",
        hex::encode(Sha256::digest(key.as_str()))
    )
}

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
    batch::{Batches, Committed, Load},
    carrier::Carrier,
    command::{Command, Reply},
};
use crate::{
    domain::seats::Seats,
    jobs::{outbox, relay::Wake},
    model::{CompetitionId, IdempotencyKey, Refusal, UserId},
    ops::Clock,
    store::{
        Database, Fault, Meaning,
        ports::{Lease, Ports},
    },
};

/// Most commands in one transaction.
pub const BATCH: usize = 256;
/// How long the distributed lock lives if its holder dies.
const LOCK_TTL: Duration = Duration::from_secs(5);
/// How long a batch waits for the distributed lock before it relies on the database's own.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// What desks need from the house.
#[derive(Debug, Clone)]
pub struct Desks {
    shared: Arc<Shared>,
}

struct Shared {
    carrier: Carrier,
    idempotency_ttl: Duration,
    ports: Ports,
    seats: Seats,
    relay: Wake,
    /// One permit for everyone who waits at any desk of this process.
    places: Arc<Semaphore>,
    open: Mutex<HashMap<CompetitionId, mpsc::UnboundedSender<Waiting>>>,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desks").finish_non_exhaustive()
    }
}

/// A command and who waits for the reply. The permit goes back when the reply is sent.
struct Waiting {
    command: Command,
    reply: oneshot::Sender<Result<Reply, Refusal>>,
    _place: OwnedSemaphorePermit,
}

/// What desks are built from.
#[derive(Debug)]
pub struct Parts {
    /// Where seats are.
    pub database: Database,
    /// Lock, cache, queue, bus.
    pub ports: Ports,
    /// The time.
    pub clock: Clock,
    /// Whom to tell about changed numbers.
    pub seats: Seats,
    /// Wakes the relay where a push failed.
    pub relay: Wake,
    /// How long answers are kept.
    pub idempotency_ttl: TimeDelta,
    /// How many commands may wait in this process.
    pub places: usize,
}

impl Desks {
    /// Desks for every competition, none open yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            shared: Arc::new(Shared {
                idempotency_ttl: parts.idempotency_ttl.to_std().unwrap_or_default(),
                carrier: Carrier::new(Batches {
                    database: parts.database,
                    clock: parts.clock,
                    idempotency_ttl: parts.idempotency_ttl,
                }),
                ports: parts.ports,
                seats: parts.seats,
                relay: parts.relay,
                places: Arc::new(Semaphore::new(parts.places)),
                open: Mutex::new(HashMap::new()),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// Queues a command. Who stops waiting for the reply loses nothing: the batch goes on.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] if too many wait already; nothing happened then.
    pub fn submit(
        &self,
        competition: CompetitionId,
        command: Command,
    ) -> Result<oneshot::Receiver<Result<Reply, Refusal>>, Refusal> {
        let place = Arc::clone(&self.shared.places)
            .try_acquire_owned()
            .map_err(|_full| Refusal::Overloaded { retry_after: 1 })?;
        let (reply, answer) = oneshot::channel();
        let mut waiting = Waiting {
            command,
            reply,
            _place: place,
        };
        let mut open = self
            .shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = open.get(&competition) {
            // Sending fails only if the desk's task died of a panic: a new desk takes over.
            match desk.send(waiting) {
                Ok(()) => return Ok(answer),
                Err(returned) => waiting = returned.0,
            }
        }
        let (desk, queue) = mpsc::unbounded_channel();
        // The receiver is in our hands: this can't fail.
        if desk.send(waiting).is_ok() {
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
        mut queue: mpsc::UnboundedReceiver<Waiting>,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            queue.recv_many(&mut batch, BATCH).await;
            let lock = self.lock(competition).await;
            // Whoever came while we waited for the lock comes along.
            while batch.len() < BATCH
                && let Ok(waiting) = queue.try_recv()
            {
                batch.push(waiting);
            }
            self.serve_batch(competition, std::mem::take(&mut batch), lock)
                .await;
            // Whoever queues does so under this lock: nobody slips in between the look and the
            // closing.
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.is_empty() {
                open.remove(&competition);
                return;
            }
        }
    }

    async fn serve_batch(
        self: &Arc<Self>,
        competition: CompetitionId,
        batch: Vec<Waiting>,
        lock: Option<Lease>,
    ) {
        let (commands, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|w| (w.command, (w.reply, w._place)))
            .unzip();
        let load = Arc::new(Load {
            competition,
            commands,
        });
        let outcome = self.carrier.carry(Arc::clone(&load)).await;
        if let Some(lease) = lock
            && let Err(error) = self.ports.lock.release(lease).await
        {
            tracing::debug!(%error, "the lock will expire by itself");
        }
        match outcome {
            Ok(committed) => {
                for ((reply, _place), said) in waiting.into_iter().zip(&committed.replies) {
                    // Who went away finds the answer under its key.
                    let _gone = reply.send(Ok(said.clone()));
                }
                let shared = Arc::clone(self);
                self.tasks
                    .spawn(async move { shared.after(&load, committed).await });
            }
            Err(fault) => {
                log(competition, &fault);
                for (reply, _place) in waiting {
                    let _gone = reply.send(Err(Refusal::Overloaded { retry_after: 1 }));
                }
            }
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
    async fn after(&self, load: &Load, committed: Committed) {
        let answers: Vec<_> = load
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
                if let Some(book) = &committed.book {
                    self.seats.tell(load.competition, book.into()).await;
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

fn log(competition: CompetitionId, fault: &Fault) {
    match fault.meaning() {
        Meaning::Away | Meaning::Conflict | Meaning::Duplicate | Meaning::TimedOut => {
            tracing::warn!(%competition, %fault, "a batch was not written; its people may retry");
        }
        Meaning::Dangling | Meaning::Broken => {
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

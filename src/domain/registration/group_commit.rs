//! Who is ready travels together: batches of several competitions share one transaction.
//!
//! A transaction has its price, whoever is in it, and under SERIALIZABLE those of different
//! competitions can lose against each other: what they read and write shares pages of the same
//! indexes, and PostgreSQL remembers pages, not rows. So a process has one at a time, and while it
//! commits, the batches of all desks gather for the next. A competition that is alone is none the
//! slower; a hundred that open at the same minute cost hardly more than one.

use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

use super::batch_runner::{Batch, BatchRunner, CommittedBatch, LockedRows};
use crate::store::{ErrorKind, InfrastructureError};

/// Most commands of one transaction. A batch that is larger travels alone.
const MAX_GROUP_SIZE: usize = 512;
/// What takes longer waits for somebody else's lock, and does not keep others waiting with it.
const LONG: Duration = Duration::from_millis(500);

/// After being left out so often a batch waits for its row, in a transaction of its own. Rounds only
/// pass over a row that is held, and might never find a hot one free.
const PASSED_OVER: u32 = 5;
/// The longest rest in between, in milliseconds. It grows, so that a row that stays held costs little.
const LONGEST_REST: u64 = 250;
/// How long a batch is tried in all. Those who wait for it are told then that nothing happened, before
/// they give up themselves.
const PATIENCE: Duration = Duration::from_secs(8);

/// What became of a batch. A fault may be that of many.
type Outcome = Result<CommittedBatch, Arc<InfrastructureError>>;

/// Has batches done. Cheap to clone.
#[derive(Debug)]
pub(super) struct GroupCommit<B = BatchRunner> {
    batches: Arc<B>,
    waiting: Arc<Mutex<VecDeque<PendingBatch>>>,
    turn: Arc<Semaphore>,
    /// For transactions that wait for a row: fewer than there are connections, so that rows that
    /// stay held do not keep the others from theirs.
    lone: Arc<Semaphore>,
}

impl<B> Clone for GroupCommit<B> {
    fn clone(&self) -> Self {
        Self {
            batches: Arc::clone(&self.batches),
            waiting: Arc::clone(&self.waiting),
            turn: Arc::clone(&self.turn),
            lone: Arc::clone(&self.lone),
        }
    }
}

/// What runs batches in one transaction. Tests put their own in its place.
pub(super) trait RunBatches: Send + Sync + 'static {
    /// See [`BatchRunner::run`].
    fn run(
        &self,
        batches: &[Arc<Batch>],
        locked: LockedRows,
    ) -> impl Future<Output = Result<Vec<Option<CommittedBatch>>, InfrastructureError>> + Send;
}

impl RunBatches for BatchRunner {
    fn run(
        &self,
        batches: &[Arc<Batch>],
        locked: LockedRows,
    ) -> impl Future<Output = Result<Vec<Option<CommittedBatch>>, InfrastructureError>> + Send {
        BatchRunner::run(self, batches, locked)
    }
}

#[derive(Debug)]
struct PendingBatch {
    batch: Arc<Batch>,
    arrived: oneshot::Sender<Outcome>,
    since: Instant,
    /// How often somebody else held the competition's row.
    left_out: u32,
}

impl<B: RunBatches> GroupCommit<B> {
    /// Runs transactions on a database that has so many connections for them.
    pub(super) fn new(batches: B, connections: u32) -> Self {
        let lone = usize::try_from(connections).unwrap_or(1).saturating_sub(1);
        Self {
            batches: Arc::new(batches),
            waiting: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
            lone: Arc::new(Semaphore::new(lone.max(1))),
        }
    }

    /// Has a batch done, together with whatever else is ready.
    ///
    /// # Errors
    /// When nothing happened, as far as anybody can tell: trying again with the same keys is safe.
    pub(super) async fn carry(&self, batch: Arc<Batch>) -> Outcome {
        let outcome = self.enqueue(Arc::clone(&batch));
        self.outcome(&batch, outcome).await
    }

    fn enqueue(&self, batch: Arc<Batch>) -> oneshot::Receiver<Outcome> {
        let (arrived, outcome) = oneshot::channel();
        self.waiting().push_back(PendingBatch {
            batch,
            arrived,
            since: Instant::now(),
            left_out: 0,
        });
        outcome
    }

    async fn outcome(
        &self,
        batch: &Arc<Batch>,
        mut outcome: oneshot::Receiver<Outcome>,
    ) -> Outcome {
        tokio::select! {
            biased;
            // Somebody whose turn came first took us along.
            outcome = &mut outcome => return arrival(outcome),
            () = self.until_departed(batch) => {}
        }
        arrival(outcome.await)
    }

    /// Takes turns until the batch is part of a group. One turn may not be enough: others queued
    /// before, whose own turns come later or never, as they go with this one.
    async fn until_departed(&self, batch: &Arc<Batch>) {
        while self.is_waiting(batch) {
            let turn = Arc::clone(&self.turn).acquire_owned().await;
            self.depart(turn.ok());
        }
    }

    fn is_waiting(&self, batch: &Arc<Batch>) -> bool {
        let waiting = self.waiting();
        waiting.iter().any(|it| Arc::ptr_eq(&it.batch, batch))
    }

    /// It is our turn: whoever is waiting comes along, if nobody took them before.
    fn depart(&self, turn: Option<OwnedSemaphorePermit>) {
        let group = gather(&mut self.waiting());
        if !group.is_empty() {
            // A task of its own: it is not only ours to give up.
            tokio::spawn(self.clone().drive(group, turn));
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<PendingBatch>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self, group: Vec<PendingBatch>, turn: Option<OwnedSemaphorePermit>) {
        let mut work = pin!(self.group(group));
        if timeout(LONG, &mut work).await.is_err() {
            drop(turn);
            work.await;
        }
    }

    async fn group(&self, group: Vec<PendingBatch>) {
        let batches: Vec<_> = group.iter().map(|it| Arc::clone(&it.batch)).collect();
        // One that is alone, and for the first time, waits for its row: nothing is faster.
        let locked = match &group[..] {
            [it] if it.left_out == 0 => LockedRows::Wait,
            _ => LockedRows::Skip,
        };
        match self.batches.run(&batches, locked).await {
            Ok(committed) => {
                for (pending, committed) in group.into_iter().zip(committed) {
                    match committed {
                        Some(committed) => pending.leave(Ok(committed)),
                        None => self.left_out(pending, InfrastructureError::RowLocked),
                    }
                }
            }
            // Something is the matter with one of them, which is no matter of the others.
            Err(fault) if group.len() > 1 && concerns_one(&fault) => {
                tracing::debug!(%fault, "each batch travels alone");
                group.into_iter().for_each(|it| self.alone(it));
            }
            Err(fault) => self.failed(group, fault),
        }
    }

    fn failed(&self, group: Vec<PendingBatch>, fault: InfrastructureError) {
        match <[PendingBatch; 1]>::try_from(group) {
            Ok([pending])
                if matches!(
                    fault.kind(),
                    ErrorKind::LockTimeout | ErrorKind::StatementTimeout
                ) =>
            {
                self.left_out(pending, fault);
            }
            Ok([pending]) => pending.leave(Err(Arc::new(fault))),
            Err(group) => {
                let fault = Arc::new(fault);
                for pending in group {
                    pending.leave(Err(Arc::clone(&fault)));
                }
            }
        }
    }

    /// Somebody else holds the row of this batch.
    fn left_out(&self, mut pending: PendingBatch, fault: InfrastructureError) {
        if pending.since.elapsed() > PATIENCE {
            return pending.leave(Err(Arc::new(fault)));
        }
        pending.left_out += 1;
        if pending.left_out.is_multiple_of(PASSED_OVER) {
            self.alone(pending);
        } else {
            self.again(pending);
        }
    }

    /// Has a batch travel with a later group: another process, which works on the same competitions
    /// while the distributed lock is away, will have let go of them soon.
    fn again(&self, pending: PendingBatch) {
        let group_commit = self.clone();
        tokio::spawn(async move {
            sleep(rest(pending.left_out)).await;
            let batch = Arc::clone(&pending.batch);
            group_commit.waiting().push_back(pending);
            group_commit.until_departed(&batch).await;
        });
    }

    /// Has a batch wait for whatever it has to, and keep nobody else waiting; or go on with the
    /// others, if too many wait like that.
    fn alone(&self, mut pending: PendingBatch) {
        let Ok(lone) = Arc::clone(&self.lone).try_acquire_owned() else {
            pending.left_out += 1;
            return self.again(pending);
        };
        let group_commit = self.clone();
        tokio::spawn(async move {
            let batch = std::slice::from_ref(&pending.batch);
            let outcome = group_commit.batches.run(batch, LockedRows::Wait).await;
            drop(lone);
            match outcome.map(|mut all| all.pop().flatten()) {
                Ok(Some(committed)) => pending.leave(Ok(committed)),
                Ok(None) => group_commit.left_out(pending, InfrastructureError::RowLocked),
                Err(fault) => group_commit.failed(vec![pending], fault),
            }
        });
    }
}

impl PendingBatch {
    fn leave(self, outcome: Outcome) {
        // Queues wait as long as it takes.
        let _gone = self.arrived.send(outcome);
    }
}

/// How long a batch rests that was left out so often: longer and longer, and never all at once.
fn rest(left_out: u32) -> Duration {
    let longest = (20 * u64::from(left_out)).clamp(20, LONGEST_REST);
    Duration::from_millis(rand::random_range(longest / 10..=longest))
}

/// As many as fit, in the order in which they came.
fn gather(waiting: &mut VecDeque<PendingBatch>) -> Vec<PendingBatch> {
    let (mut group, mut commands) = (Vec::new(), 0);
    while let Some(next) = waiting.front() {
        commands += next.batch.commands.len();
        if commands > MAX_GROUP_SIZE && !group.is_empty() {
            break;
        }
        group.extend(waiting.pop_front());
    }
    group
}

fn concerns_one(fault: &InfrastructureError) -> bool {
    matches!(
        fault.kind(),
        ErrorKind::Duplicate
            | ErrorKind::MissingReference
            | ErrorKind::Internal
            | ErrorKind::LockTimeout
            | ErrorKind::StatementTimeout
    )
}

fn arrival(outcome: Result<Outcome, oneshot::error::RecvError>) -> Outcome {
    outcome.unwrap_or_else(|_| {
        Err(Arc::new(InfrastructureError::internal(
            "a transaction's task died",
        )))
    })
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::domain::registration::{Command, pending_reply::Validity};
    use crate::model::{CompetitionId, IdempotencyKey, UserId};

    fn batch(commands: usize) -> Arc<Batch> {
        let command = || Command::Register {
            user: UserId::new(),
            key: IdempotencyKey::mint(),
            fingerprint: String::new(),
        };
        Arc::new(Batch {
            competition: CompetitionId::new(),
            commands: (0..commands).map(|_| command()).collect(),
            validities: vec![Validity::new(); commands],
        })
    }

    fn pending(commands: usize) -> PendingBatch {
        PendingBatch {
            batch: batch(commands),
            arrived: oneshot::channel().0,
            since: Instant::now(),
            left_out: 0,
        }
    }

    #[test]
    fn a_round_takes_as_many_as_fit_in_their_order_and_at_least_one() {
        let mut waiting: VecDeque<_> = [300, 200, 100, 600, 1].map(pending).into();
        let mut rounds = Vec::new();
        while !waiting.is_empty() {
            let group = gather(&mut waiting);
            rounds.push(
                group
                    .iter()
                    .map(|it| it.batch.commands.len())
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(rounds, [vec![300, 200], vec![100], vec![600], vec![1]]);
    }

    /// Commits whatever it is given.
    struct Commits;

    impl RunBatches for Commits {
        async fn run(
            &self,
            batches: &[Arc<Batch>],
            _: LockedRows,
        ) -> Result<Vec<Option<CommittedBatch>>, InfrastructureError> {
            let committed = |_| Some(CommittedBatch::default());
            Ok(batches.iter().map(committed).collect())
        }
    }

    /// Two batches that do not fit into one group; the second gets its turn before the first, departs
    /// with the first alone, and the first needs no turn any more.
    #[tokio::test]
    async fn a_batch_whose_turn_took_another_along_is_not_left_behind() {
        let group_commit = GroupCommit::new(Commits, 1);
        let (first, second) = (batch(300), batch(300));
        let first_outcome = group_commit.enqueue(Arc::clone(&first));
        let second_outcome = group_commit.enqueue(Arc::clone(&second));
        let mut second_outcome = pin!(group_commit.outcome(&second, second_outcome));
        assert!(second_outcome.as_mut().now_or_never().is_none());
        let done = group_commit.outcome(&first, first_outcome).await;
        assert!(done.is_ok());
        let limit = Duration::from_secs(5);
        let done = timeout(limit, second_outcome).await;
        assert!(done.expect("it is not stranded").is_ok());
    }
}

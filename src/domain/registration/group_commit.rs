//! Group commit: batches of several competitions share one transaction.
//!
//! A transaction has a fixed cost, and under SERIALIZABLE the transactions of different competitions can
//! fail against each other: their rows share pages of the same indexes, and PostgreSQL tracks pages, not
//! only rows. So a process runs one transaction at a time, and while it commits, the batches of all
//! registration queues gather for the next one. A single busy competition is not slower for it, and a
//! hundred that open in the same minute cost hardly more than one. (Gawlick & Kinkade, *Varieties of
//! Concurrency Control in IMS/VS Fast Path*, 1985.)
//!
//! | a batch | then |
//! | --- | --- |
//! | is pending, and its queue gets the turn | it commits in a group with all others that are pending |
//! | is left out, as another transaction holds its competition's row | it is pending again after a pause |
//! | is left out for the [`MAX_SKIPS`]th time | it waits for the row in a transaction of its own |
//! | is in a group that fails because of one of its batches | each batch gets a transaction of its own |
//! | is left out for longer than [`TIMEOUT`] | it fails |

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

use super::command::{Batch, CommittedBatch, LockedRows, RunBatches};
use crate::store::{ErrorKind, InfrastructureError};

/// The number of commands in one transaction. A batch that is larger is committed alone.
const MAX_GROUP_SIZE: usize = 512;
/// A transaction that takes longer waits for another process's lock; the next one may begin beside it.
const SLOW: Duration = Duration::from_millis(500);
/// After being left out this often, a batch waits for its row in a transaction of its own. A group only
/// skips rows that are held, and might never find a busy one free.
const MAX_SKIPS: u32 = 5;
/// The longest pause after being left out, in milliseconds. Pauses grow, so that a row that stays held
/// costs little.
const MAX_PAUSE: u64 = 250;
/// How long a batch is tried in all. Its requests then respond that nothing happened, before they time out
/// themselves.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The result of a batch. All batches of a group may share one error.
type BatchResult = Result<CommittedBatch, Arc<InfrastructureError>>;

/// Commits batches in groups.
#[derive(Debug)]
pub(super) struct GroupCommit<R> {
    runner: R,
    pending: Mutex<VecDeque<PendingBatch>>,
    /// One permit: the right to start the next group.
    turn: Arc<Semaphore>,
    /// Permits for transactions that wait for a row: fewer than there are connections, so that rows
    /// that stay held leave a connection to the groups.
    row_waiters: Arc<Semaphore>,
}

/// A batch that waits for the next group commit.
#[derive(Debug)]
struct PendingBatch {
    batch: Arc<Batch>,
    result: oneshot::Sender<BatchResult>,
    since: Instant,
    /// How often another transaction held the competition's row.
    skips: u32,
}

impl<R: RunBatches> GroupCommit<R> {
    /// Creates a group commit over a database with this number of connections for transactions.
    pub(super) fn new(runner: R, connections: u32) -> Arc<Self> {
        let row_waiters = usize::try_from(connections).unwrap_or(1).saturating_sub(1);
        Arc::new(Self {
            runner,
            pending: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
            row_waiters: Arc::new(Semaphore::new(row_waiters.max(1))),
        })
    }

    /// Commits a batch, together with all others that are pending.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if nothing is known to be committed. Trying again with the
    /// same keys is safe.
    pub(super) async fn commit(self: &Arc<Self>, batch: Arc<Batch>) -> BatchResult {
        let result = self.add(Arc::clone(&batch));
        self.result(&batch, result).await
    }

    fn add(&self, batch: Arc<Batch>) -> oneshot::Receiver<BatchResult> {
        let (sender, result) = oneshot::channel();
        self.pending().push_back(PendingBatch {
            batch,
            result: sender,
            since: Instant::now(),
            skips: 0,
        });
        result
    }

    async fn result(
        self: &Arc<Self>,
        batch: &Arc<Batch>,
        mut result: oneshot::Receiver<BatchResult>,
    ) -> BatchResult {
        let result = tokio::select! {
            biased;
            // Another batch got the turn first and included this one.
            result = &mut result => result,
            () = self.take_turns(batch) => result.await,
        };
        result.unwrap_or_else(|_| {
            let error = InfrastructureError::internal("a transaction's task panicked");
            Err(Arc::new(error))
        })
    }

    /// Takes turns until the batch is included in a group. One turn may not be enough: batches that
    /// are pending for longer come first, and their own turns come later or never.
    async fn take_turns(self: &Arc<Self>, batch: &Arc<Batch>) {
        while self.is_pending(batch) {
            let turn = Arc::clone(&self.turn).acquire_owned().await;
            let group = take_group(&mut self.pending());
            if !group.is_empty() {
                // A task of its own: the group does not end when one batch's queue does.
                tokio::spawn(Arc::clone(self).run_in_turn(group, turn.ok()));
            }
        }
    }

    fn is_pending(&self, batch: &Arc<Batch>) -> bool {
        let pending = self.pending();
        pending.iter().any(|it| Arc::ptr_eq(&it.batch, batch))
    }

    fn pending(&self) -> MutexGuard<'_, VecDeque<PendingBatch>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a group, and gives the turn back when the group is done or slow.
    async fn run_in_turn(
        self: Arc<Self>,
        group: Vec<PendingBatch>,
        turn: Option<OwnedSemaphorePermit>,
    ) {
        let mut run = pin!(self.run(group));
        if timeout(SLOW, &mut run).await.is_err() {
            drop(turn);
            run.await;
        }
    }

    async fn run(self: &Arc<Self>, group: Vec<PendingBatch>) {
        // A batch that is alone, and for the first time, waits for its row: nothing is faster.
        let locked_rows = match &group[..] {
            [pending] if pending.skips == 0 => LockedRows::Wait,
            _ => LockedRows::Skip,
        };
        self.run_with(group, locked_rows, None).await;
    }

    /// Runs a group in one transaction, and sends each batch its result or tries it again. The
    /// transaction holds `row_waiter`.
    async fn run_with(
        self: &Arc<Self>,
        group: Vec<PendingBatch>,
        locked_rows: LockedRows,
        row_waiter: Option<OwnedSemaphorePermit>,
    ) {
        let batches: Vec<_> = group.iter().map(|it| Arc::clone(&it.batch)).collect();
        let result = self.runner.run(&batches, locked_rows).await;
        drop(row_waiter);
        match result {
            Ok(mut committed) => {
                for pending in group {
                    match committed.remove(&pending.batch.competition) {
                        Some(committed) => pending.send(Ok(committed)),
                        None => self.skipped(pending, InfrastructureError::RowLocked),
                    }
                }
            }
            Err(error) => self.failed(group, error),
        }
    }

    fn failed(self: &Arc<Self>, group: Vec<PendingBatch>, error: InfrastructureError) {
        match <[PendingBatch; 1]>::try_from(group) {
            Ok([pending])
                if matches!(
                    error.kind(),
                    ErrorKind::LockTimeout | ErrorKind::StatementTimeout
                ) =>
            {
                self.skipped(pending, error);
            }
            Ok([pending]) => pending.send(Err(Arc::new(error))),
            Err(group) if is_of_one_batch(&error) => {
                tracing::debug!(%error, "A group commit failed; each of its batches gets a transaction of its own");
                for pending in group {
                    self.run_alone(pending);
                }
            }
            Err(group) => {
                let error = Arc::new(error);
                for pending in group {
                    pending.send(Err(Arc::clone(&error)));
                }
            }
        }
    }

    /// Tries a batch again that was left out: another transaction holds its row.
    fn skipped(self: &Arc<Self>, mut pending: PendingBatch, error: InfrastructureError) {
        if pending.since.elapsed() > TIMEOUT {
            return pending.send(Err(Arc::new(error)));
        }
        pending.skips += 1;
        if pending.skips.is_multiple_of(MAX_SKIPS) {
            self.run_alone(pending);
        } else {
            self.add_again(pending);
        }
    }

    /// Adds a batch to a later group. Another process, which works on the same competition while the
    /// distributed lock is unavailable, will have committed by then.
    fn add_again(self: &Arc<Self>, pending: PendingBatch) {
        let group_commit = Arc::clone(self);
        tokio::spawn(async move {
            sleep(pause(pending.skips)).await;
            let batch = Arc::clone(&pending.batch);
            group_commit.pending().push_back(pending);
            group_commit.take_turns(&batch).await;
        });
    }

    /// Runs a batch in a transaction that waits for its row, beside the groups; or adds it to a later
    /// group, if too many transactions wait like that.
    fn run_alone(self: &Arc<Self>, mut pending: PendingBatch) {
        let Ok(row_waiter) = Arc::clone(&self.row_waiters).try_acquire_owned() else {
            pending.skips += 1;
            return self.add_again(pending);
        };
        let group_commit = Arc::clone(self);
        tokio::spawn(async move {
            let group = vec![pending];
            group_commit
                .run_with(group, LockedRows::Wait, Some(row_waiter))
                .await;
        });
    }
}

impl PendingBatch {
    fn send(self, result: BatchResult) {
        // The receiver is gone only if the queue's task panicked.
        let _gone = self.result.send(result);
    }
}

/// Returns how long to wait after being left out this often: random, so that batches spread.
fn pause(skips: u32) -> Duration {
    let longest = (20 * u64::from(skips)).clamp(20, MAX_PAUSE);
    Duration::from_millis(rand::random_range(longest / 10..=longest))
}

/// Takes pending batches in their order, as many as fit into one transaction.
fn take_group(pending: &mut VecDeque<PendingBatch>) -> Vec<PendingBatch> {
    let (mut group, mut commands) = (Vec::new(), 0);
    while let Some(next) = pending.front() {
        commands += next.batch.commands.len();
        if commands > MAX_GROUP_SIZE && !group.is_empty() {
            break;
        }
        group.extend(pending.pop_front());
    }
    group
}

/// Returns whether an error may concern a single batch, so that the others can be committed without it.
fn is_of_one_batch(error: &InfrastructureError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Duplicate
            | ErrorKind::MissingReference
            | ErrorKind::Internal
            | ErrorKind::LockTimeout
            | ErrorKind::StatementTimeout
    )
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::{
        domain::registration::command::{CheckedAnswers, Command, CommittedBatches, Validity},
        model::{CompetitionId, IdempotencyKey, Language, UserId},
    };

    fn batch(commands: usize) -> Arc<Batch> {
        let command = || Command::Register {
            user: UserId::new(),
            key: IdempotencyKey::mint(),
            division: None,
            answers: CheckedAnswers::default(),
            code: None,
            fingerprint: String::new(),
            language: Language::default(),
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
            result: oneshot::channel().0,
            since: Instant::now(),
            skips: 0,
        }
    }

    #[test]
    fn a_group_takes_as_many_batches_as_fit_in_their_order_and_at_least_one() {
        let mut queue: VecDeque<_> = [300, 200, 100, 600, 1].map(pending).into();
        let mut groups = Vec::new();
        while !queue.is_empty() {
            let group = take_group(&mut queue);
            let sizes = group.iter().map(|it| it.batch.commands.len());
            groups.push(sizes.collect::<Vec<_>>());
        }
        assert_eq!(groups, [vec![300, 200], vec![100], vec![600], vec![1]]);
    }

    /// A batch runner that commits every batch.
    struct CommitAll;

    impl RunBatches for CommitAll {
        async fn run(
            &self,
            batches: &[Arc<Batch>],
            _: LockedRows,
        ) -> Result<CommittedBatches, InfrastructureError> {
            let committed = |batch: &Arc<Batch>| (batch.competition, CommittedBatch::default());
            Ok(batches.iter().map(committed).collect())
        }
    }

    /// Two batches that do not fit into one group. The second gets its turn before the first and
    /// commits the first alone, which then needs no turn any more.
    #[tokio::test]
    async fn a_batch_whose_turn_committed_another_one_is_committed_too() {
        let group_commit = GroupCommit::new(CommitAll, 1);
        let (first, second) = (batch(300), batch(300));
        let first_result = group_commit.add(Arc::clone(&first));
        let second_result = group_commit.add(Arc::clone(&second));
        let mut second_result = pin!(group_commit.result(&second, second_result));
        assert!(second_result.as_mut().now_or_never().is_none());
        let result = group_commit.result(&first, first_result).await;
        assert!(result.is_ok());
        let limit = Duration::from_secs(5);
        let result = timeout(limit, second_result).await;
        assert!(result.expect("it is not left pending").is_ok());
    }
}

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

use super::batch::{Batches, Committed, Load, Locked};
use crate::store::{ErrorKind, InfrastructureError};

/// Most commands of one transaction. A batch that is larger travels alone.
const ROUND: usize = 512;
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
type Outcome = Result<Committed, Arc<InfrastructureError>>;

/// Has batches done. Cheap to clone.
#[derive(Debug)]
pub(super) struct Carrier<B = Batches> {
    batches: Arc<B>,
    waiting: Arc<Mutex<VecDeque<Passenger>>>,
    turn: Arc<Semaphore>,
    /// For transactions that wait for a row: fewer than there are connections, so that rows that
    /// stay held do not keep the others from theirs.
    lone: Arc<Semaphore>,
}

impl<B> Clone for Carrier<B> {
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
    /// See [`Batches::run`].
    fn run(
        &self,
        loads: &[Arc<Load>],
        locked: Locked,
    ) -> impl Future<Output = Result<Vec<Option<Committed>>, InfrastructureError>> + Send;
}

impl RunBatches for Batches {
    fn run(
        &self,
        loads: &[Arc<Load>],
        locked: Locked,
    ) -> impl Future<Output = Result<Vec<Option<Committed>>, InfrastructureError>> + Send {
        Batches::run(self, loads, locked)
    }
}

#[derive(Debug)]
struct Passenger {
    load: Arc<Load>,
    arrived: oneshot::Sender<Outcome>,
    since: Instant,
    /// How often somebody else held the competition's row.
    left_out: u32,
}

impl<B: RunBatches> Carrier<B> {
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
    pub(super) async fn carry(&self, load: Arc<Load>) -> Outcome {
        let outcome = self.enqueue(Arc::clone(&load));
        self.outcome(&load, outcome).await
    }

    fn enqueue(&self, load: Arc<Load>) -> oneshot::Receiver<Outcome> {
        let (arrived, outcome) = oneshot::channel();
        self.waiting().push_back(Passenger {
            load,
            arrived,
            since: Instant::now(),
            left_out: 0,
        });
        outcome
    }

    async fn outcome(&self, load: &Arc<Load>, mut outcome: oneshot::Receiver<Outcome>) -> Outcome {
        tokio::select! {
            biased;
            // Somebody whose turn came first took us along.
            outcome = &mut outcome => return arrival(outcome),
            () = self.until_departed(load) => {}
        }
        arrival(outcome.await)
    }

    /// Takes turns until the batch is part of a round. One turn may not be enough: others queued
    /// before, whose own turns come later or never, as they go with this one.
    async fn until_departed(&self, load: &Arc<Load>) {
        while self.is_waiting(load) {
            let turn = Arc::clone(&self.turn).acquire_owned().await;
            self.depart(turn.ok());
        }
    }

    fn is_waiting(&self, load: &Arc<Load>) -> bool {
        let waiting = self.waiting();
        waiting.iter().any(|it| Arc::ptr_eq(&it.load, load))
    }

    /// It is our turn: whoever is waiting comes along, if nobody took them before.
    fn depart(&self, turn: Option<OwnedSemaphorePermit>) {
        let round = gather(&mut self.waiting());
        if !round.is_empty() {
            // A task of its own: it is not only ours to give up.
            tokio::spawn(self.clone().drive(round, turn));
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Passenger>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self, round: Vec<Passenger>, turn: Option<OwnedSemaphorePermit>) {
        let mut work = pin!(self.round(round));
        if timeout(LONG, &mut work).await.is_err() {
            drop(turn);
            work.await;
        }
    }

    async fn round(&self, round: Vec<Passenger>) {
        let loads: Vec<_> = round.iter().map(|it| Arc::clone(&it.load)).collect();
        // One that is alone, and for the first time, waits for its row: nothing is faster.
        let locked = match &round[..] {
            [it] if it.left_out == 0 => Locked::Wait,
            _ => Locked::Skip,
        };
        match self.batches.run(&loads, locked).await {
            Ok(committed) => {
                for (passenger, committed) in round.into_iter().zip(committed) {
                    match committed {
                        Some(committed) => passenger.leave(Ok(committed)),
                        None => self.left_out(passenger, InfrastructureError::Held),
                    }
                }
            }
            // Something is the matter with one of them, which is no matter of the others.
            Err(fault) if round.len() > 1 && concerns_one(&fault) => {
                tracing::debug!(%fault, "each batch travels alone");
                round.into_iter().for_each(|it| self.alone(it));
            }
            Err(fault) => self.failed(round, fault),
        }
    }

    fn failed(&self, round: Vec<Passenger>, fault: InfrastructureError) {
        match <[Passenger; 1]>::try_from(round) {
            Ok([passenger]) if matches!(fault.kind(), ErrorKind::TimedOut | ErrorKind::TooSlow) => {
                self.left_out(passenger, fault);
            }
            Ok([passenger]) => passenger.leave(Err(Arc::new(fault))),
            Err(round) => {
                let fault = Arc::new(fault);
                for passenger in round {
                    passenger.leave(Err(Arc::clone(&fault)));
                }
            }
        }
    }

    /// Somebody else holds the row of this batch.
    fn left_out(&self, mut passenger: Passenger, fault: InfrastructureError) {
        if passenger.since.elapsed() > PATIENCE {
            return passenger.leave(Err(Arc::new(fault)));
        }
        passenger.left_out += 1;
        if passenger.left_out.is_multiple_of(PASSED_OVER) {
            self.alone(passenger);
        } else {
            self.again(passenger);
        }
    }

    /// Has a batch travel with a later round: another process, which works on the same competitions
    /// while the distributed lock is away, will have let go of them soon.
    fn again(&self, passenger: Passenger) {
        let carrier = self.clone();
        tokio::spawn(async move {
            sleep(rest(passenger.left_out)).await;
            let load = Arc::clone(&passenger.load);
            carrier.waiting().push_back(passenger);
            carrier.until_departed(&load).await;
        });
    }

    /// Has a batch wait for whatever it has to, and keep nobody else waiting; or go on with the
    /// others, if too many wait like that.
    fn alone(&self, mut passenger: Passenger) {
        let Ok(lone) = Arc::clone(&self.lone).try_acquire_owned() else {
            passenger.left_out += 1;
            return self.again(passenger);
        };
        let carrier = self.clone();
        tokio::spawn(async move {
            let load = std::slice::from_ref(&passenger.load);
            let outcome = carrier.batches.run(load, Locked::Wait).await;
            drop(lone);
            match outcome.map(|mut all| all.pop().flatten()) {
                Ok(Some(committed)) => passenger.leave(Ok(committed)),
                Ok(None) => carrier.left_out(passenger, InfrastructureError::Held),
                Err(fault) => carrier.failed(vec![passenger], fault),
            }
        });
    }
}

impl Passenger {
    fn leave(self, outcome: Outcome) {
        // Desks wait as long as it takes.
        let _gone = self.arrived.send(outcome);
    }
}

/// How long a batch rests that was left out so often: longer and longer, and never all at once.
fn rest(left_out: u32) -> Duration {
    let longest = (20 * u64::from(left_out)).clamp(20, LONGEST_REST);
    Duration::from_millis(rand::random_range(longest / 10..=longest))
}

/// As many as fit, in the order in which they came.
fn gather(waiting: &mut VecDeque<Passenger>) -> Vec<Passenger> {
    let (mut round, mut commands) = (Vec::new(), 0);
    while let Some(next) = waiting.front() {
        commands += next.load.commands.len();
        if commands > ROUND && !round.is_empty() {
            break;
        }
        round.extend(waiting.pop_front());
    }
    round
}

fn concerns_one(fault: &InfrastructureError) -> bool {
    matches!(
        fault.kind(),
        ErrorKind::Duplicate
            | ErrorKind::Dangling
            | ErrorKind::Broken
            | ErrorKind::TimedOut
            | ErrorKind::TooSlow
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
    use crate::domain::registration::{Command, pending::Interest};
    use crate::model::{CompetitionId, IdempotencyKey, UserId};

    fn load(commands: usize) -> Arc<Load> {
        let command = || Command::Register {
            user: UserId::new(),
            key: IdempotencyKey::mint(),
            fingerprint: String::new(),
        };
        Arc::new(Load {
            competition: CompetitionId::new(),
            commands: (0..commands).map(|_| command()).collect(),
            interests: vec![Interest::new(); commands],
        })
    }

    fn passenger(commands: usize) -> Passenger {
        Passenger {
            load: load(commands),
            arrived: oneshot::channel().0,
            since: Instant::now(),
            left_out: 0,
        }
    }

    #[test]
    fn a_round_takes_as_many_as_fit_in_their_order_and_at_least_one() {
        let mut waiting: VecDeque<_> = [300, 200, 100, 600, 1].map(passenger).into();
        let mut rounds = Vec::new();
        while !waiting.is_empty() {
            let round = gather(&mut waiting);
            rounds.push(
                round
                    .iter()
                    .map(|it| it.load.commands.len())
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
            loads: &[Arc<Load>],
            _: Locked,
        ) -> Result<Vec<Option<Committed>>, InfrastructureError> {
            let committed = |_| Some(Committed::default());
            Ok(loads.iter().map(committed).collect())
        }
    }

    /// Two batches that do not fit into one round; the second gets its turn before the first, departs
    /// with the first alone, and the first needs no turn any more.
    #[tokio::test]
    async fn a_batch_whose_turn_took_another_along_is_not_left_behind() {
        let carrier = Carrier::new(Commits, 1);
        let (first, second) = (load(300), load(300));
        let first_outcome = carrier.enqueue(Arc::clone(&first));
        let second_outcome = carrier.enqueue(Arc::clone(&second));
        let mut second_outcome = pin!(carrier.outcome(&second, second_outcome));
        assert!(second_outcome.as_mut().now_or_never().is_none());
        let done = carrier.outcome(&first, first_outcome).await;
        assert!(done.is_ok());
        let limit = Duration::from_secs(5);
        let done = timeout(limit, second_outcome).await;
        assert!(done.expect("it is not stranded").is_ok());
    }
}

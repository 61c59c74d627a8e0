//! Who is ready travels together: batches of several competitions share one transaction.
//!
//! A transaction has its price, whoever is in it, and under SERIALIZABLE those of different
//! competitions can lose against each other: what they read and write shares pages of the same
//! indexes, and PostgreSQL remembers pages, not rows. So a process has one at a time, and while it
//! commits, the batches of all desks gather for the next. A competition that is alone is none the
//! slower; a hundred that open at the same minute cost hardly more than one.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

use super::batch::{Batches, Committed, Load};
use crate::store::{Fault, Meaning};

/// Most commands of one transaction. A batch that is larger travels alone.
const ROUND: usize = 512;
/// What takes longer waits for somebody else's lock, and does not keep others waiting with it.
const LONG: Duration = Duration::from_millis(500);

/// How often a batch may be left out before it travels alone, and waits for the row.
const PATIENCE: u32 = 5;
/// How long it rests in between.
const AGAIN_MS: std::ops::RangeInclusive<u64> = 2..=20;

/// What became of a batch. A fault may be that of many.
type Outcome = Result<Committed, Arc<Fault>>;

/// Takes batches along. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    batches: Arc<Batches>,
    waiting: Arc<Mutex<VecDeque<Passenger>>>,
    turn: Arc<Semaphore>,
}

#[derive(Debug)]
struct Passenger {
    load: Arc<Load>,
    arrived: oneshot::Sender<Outcome>,
    /// How often somebody else held the competition's row.
    left_out: u32,
}

impl Carrier {
    pub(super) fn new(batches: Batches) -> Self {
        Self {
            batches: Arc::new(batches),
            waiting: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Has a batch done, together with whatever else is ready.
    ///
    /// # Errors
    /// When nothing happened, as far as anybody can tell: trying again with the same keys is safe.
    pub(super) async fn carry(&self, load: Arc<Load>) -> Outcome {
        let (arrived, mut outcome) = oneshot::channel();
        self.waiting().push_back(Passenger {
            load,
            arrived,
            left_out: 0,
        });
        tokio::select! {
            // Somebody whose turn came first took us along.
            outcome = &mut outcome => return arrival(outcome),
            turn = Arc::clone(&self.turn).acquire_owned() => self.depart(turn.ok()),
        }
        arrival(outcome.await)
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
        match self.batches.run(&loads).await {
            Ok(committed) => {
                for (passenger, committed) in round.into_iter().zip(committed) {
                    match committed {
                        Some(committed) => passenger.leave(Ok(committed)),
                        None if passenger.left_out < PATIENCE => self.again(passenger),
                        None => self.alone(passenger),
                    }
                }
            }
            // Something is the matter with one of them, which is no matter of the others.
            Err(fault) if round.len() > 1 && concerns_one(&fault) => {
                tracing::debug!(%fault, "each batch travels alone");
                round.into_iter().for_each(|it| self.alone(it));
            }
            Err(fault) => {
                let fault = Arc::new(fault);
                for passenger in round {
                    passenger.leave(Err(Arc::clone(&fault)));
                }
            }
        }
    }

    /// Has a batch travel with a later round: another process, which works on the same competitions
    /// while the distributed lock is away, will have let go of them soon.
    fn again(&self, mut passenger: Passenger) {
        passenger.left_out += 1;
        let carrier = self.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(rand::random_range(AGAIN_MS))).await;
            carrier.waiting().push_back(passenger);
            let turn = Arc::clone(&carrier.turn).acquire_owned().await;
            carrier.depart(turn.ok());
        });
    }

    /// Has a batch wait for whatever it has to, and keep nobody else waiting.
    fn alone(&self, passenger: Passenger) {
        let batches = Arc::clone(&self.batches);
        tokio::spawn(async move {
            let outcome = batches.run(std::slice::from_ref(&passenger.load)).await;
            passenger.leave(match outcome.map(|mut all| all.pop().flatten()) {
                Ok(Some(committed)) => Ok(committed),
                Ok(None) => Err(Arc::new(Fault::Overtaken)),
                Err(fault) => Err(Arc::new(fault)),
            });
        });
    }
}

impl Passenger {
    fn leave(self, outcome: Outcome) {
        // Desks wait as long as it takes.
        let _gone = self.arrived.send(outcome);
    }
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

fn concerns_one(fault: &Fault) -> bool {
    matches!(
        fault.meaning(),
        Meaning::Duplicate | Meaning::Dangling | Meaning::Broken
    )
}

fn arrival(outcome: Result<Outcome, oneshot::error::RecvError>) -> Outcome {
    outcome.unwrap_or_else(|_| Err(Arc::new(Fault::internal("a transaction's task died"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registration::Command;
    use crate::model::{CompetitionId, IdempotencyKey, UserId};

    fn passenger(commands: usize) -> Passenger {
        let command = || Command::Register {
            user: UserId::new(),
            key: IdempotencyKey::mint(),
            fingerprint: String::new(),
        };
        Passenger {
            load: Arc::new(Load {
                competition: CompetitionId::new(),
                commands: (0..commands).map(|_| command()).collect(),
            }),
            arrived: oneshot::channel().0,
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
}

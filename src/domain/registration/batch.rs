//! One transaction for everyone who waits: lock the rows, read, decide, write, commit.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    answer::Stored,
    command::{Command, Reply},
    decide::{Book, Plan, Snapshot, decide},
    load, write,
};
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, RegistrationId},
    ops::{Clock, metrics::names},
    store::{Database, Fault, Meaning, Transaction},
};

/// For how long a transaction that lost against another is tried again.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(4);
/// How often it is tried again when a row came or went between reading and writing.
const SURPRISES: u32 = 8;
/// How often it is tried again when the database went away under it.
const OUTAGES: u32 = 2;

/// What a committed batch leaves to be done: answers, news, jobs to push.
#[derive(Debug)]
pub(super) struct Committed {
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
    /// The competition afterwards, if it changed.
    pub book: Option<Book>,
    /// Jobs that were born.
    pub jobs: Vec<NewJob>,
}

/// What the desk of one competition wants done.
#[derive(Debug)]
pub(super) struct Load {
    /// Where.
    pub competition: CompetitionId,
    /// In the order in which they came.
    pub commands: Vec<Command>,
}

/// Why a transaction did not come to be.
enum Failed {
    /// No connection was to be had. It was waited for: trying again at once helps nobody.
    AtOnce(Fault),
    /// It began.
    Within(Fault),
}

/// Runs batches.
#[derive(Debug)]
pub(super) struct Batches {
    pub database: Database,
    pub clock: Clock,
    pub idempotency_ttl: TimeDelta,
}

impl Batches {
    /// Runs the batches of different competitions in one transaction. One that fails for a passing
    /// reason is repeated whole, which is safe: whatever a lost commit may have done is found under
    /// its keys.
    ///
    /// A single one waits for its competition's row. Of several, those whose row somebody else
    /// holds are left out (`None`), so that they keep nobody waiting.
    ///
    /// # Errors
    /// When nothing happened, as far as anybody can tell: trying again with the same keys is safe.
    pub(super) async fn run(&self, loads: &[Arc<Load>]) -> Result<Vec<Option<Committed>>, Fault> {
        let commands: usize = loads.iter().map(|load| load.commands.len()).sum();
        metrics::histogram!(names::BATCH_SIZE).record(count(commands));
        let mut lost: Option<Instant> = None;
        let (mut tries, mut surprises, mut outages) = (0_u32, 0, 0);
        loop {
            let fault = match self.attempt(loads).await {
                Ok(committed) => return Ok(committed),
                Err(Failed::AtOnce(fault)) => return Err(fault),
                Err(Failed::Within(fault)) => fault,
            };
            tries += 1;
            let pause = match fault.meaning() {
                // Who waited for the row's lock fails as soon as it is free, since the row has
                // changed. So the first try comes at once: later the row is locked again.
                Meaning::Conflict
                    if lost.get_or_insert_with(Instant::now).elapsed() < CONFLICT_PATIENCE =>
                {
                    jittered((1 << tries.min(6)) - 2)
                }
                // Somebody wrote the same key, or deleted the account, in between. Reading again
                // tells.
                Meaning::Duplicate | Meaning::Dangling if surprises < SURPRISES => {
                    surprises += 1;
                    jittered(4 << surprises.min(4))
                }
                Meaning::Away if outages < OUTAGES => {
                    outages += 1;
                    jittered(200)
                }
                _ => return Err(fault),
            };
            tracing::debug!(%fault, competitions = loads.len(), tries, "a transaction is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, loads: &[Arc<Load>]) -> Result<Vec<Option<Committed>>, Failed> {
        let transaction = self
            .database
            .begin_serializable()
            .await
            .map_err(|error| Failed::AtOnce(error.into()))?;
        let done = match self.inside(&transaction, loads).await {
            Ok(done) => done,
            Err(fault) => {
                // Dropping it would roll back too, but later.
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!(%error, "rollback failed; the database undoes it by itself");
                }
                return Err(Failed::Within(fault));
            }
        };
        let idle = done.iter().flatten().all(|(plan, _)| plan.writes_nothing());
        let ended = if idle {
            transaction.rollback().await
        } else {
            transaction.commit().await
        };
        ended.map_err(|error| Failed::Within(error.into()))?;
        let committed = |(plan, jobs): (Plan, Vec<NewJob>)| Committed {
            replies: plan.replies,
            book: plan.book,
            jobs,
        };
        Ok(done.into_iter().map(|one| one.map(committed)).collect())
    }

    async fn inside(
        &self,
        transaction: &Transaction,
        loads: &[Arc<Load>],
    ) -> Result<Vec<Option<(Plan, Vec<NewJob>)>>, Fault> {
        // The clock is read under the row locks: who comes after the deadline is late, however long
        // the queue was.
        let ids: Vec<_> = loads.iter().map(|load| load.competition).collect();
        let books = load::lock(transaction, &ids).await?;
        let now = self.clock.now();
        let alone = loads.len() == 1;
        let taken = |load: &&Arc<Load>| alone || books.contains_key(&load.competition);
        let aboard: Vec<_> = loads.iter().filter(taken).map(Arc::as_ref).collect();
        let snapshots = load::snapshots(transaction, &books, &aboard, now).await?;
        let plans = decide_all(&aboard, snapshots, now, self.idempotency_ttl)?;
        let mut jobs = write::plans(transaction, &plans, now).await?.into_iter();
        let mut plans = plans.into_iter().map(|(_, plan)| plan);
        Ok(loads
            .iter()
            .map(|load| {
                let aboard = taken(&load);
                aboard
                    .then(|| Some((plans.next()?, jobs.next()?)))
                    .flatten()
            })
            .collect())
    }
}

/// One competition after the other. Keys are an account's, wherever they are used: what was said
/// under one at the first is known at the next.
fn decide_all(
    loads: &[&Load],
    snapshots: Vec<Snapshot>,
    now: DateTime<Utc>,
    keep: TimeDelta,
) -> Result<Vec<(CompetitionId, Plan)>, Fault> {
    let mut said = HashMap::new();
    let mut plans = Vec::with_capacity(loads.len());
    for (load, mut snapshot) in loads.iter().zip(snapshots) {
        for command in &load.commands {
            if let Command::Register { user, key, .. } = command
                && let Some(stored) = said.get(&(*user, key.clone()))
            {
                let stored = Stored::clone(stored);
                snapshot.stored.insert((*user, key.clone()), stored);
            }
        }
        let plan = decide(snapshot, &load.commands, now, keep, RegistrationId::new)?;
        if loads.len() > 1 {
            let answers = plan.remember.iter().cloned();
            said.extend(answers.map(|(user, key, stored)| ((user, key), stored)));
        }
        plans.push((load.competition, plan));
    }
    Ok(plans)
}

fn jittered(millis: u64) -> Duration {
    Duration::from_millis(millis / 2 + rand::random_range(0..=millis))
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn count(length: usize) -> f64 {
    length as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::registration::command::fingerprint,
        model::{CompetitionStatus, IdempotencyKey, Refusal, UserId},
    };

    fn open(id: CompetitionId, now: DateTime<Utc>) -> Book {
        Book {
            id,
            organizer: UserId::new(),
            status: CompetitionStatus::Published,
            capacity: 5,
            seats_left: 5,
            waitlisted: 0,
            waitlist_seq: 0,
            version: 0,
            edited_at_version: 0,
            waitlist_enabled: false,
            reg_deadline: now + TimeDelta::days(1),
            starts_at: now + TimeDelta::days(2),
            ends_at: None,
        }
    }

    #[test]
    fn a_key_that_is_used_at_two_competitions_at_once_is_good_for_the_first() {
        let (now, user, key) = (Utc::now(), UserId::new(), IdempotencyKey::mint());
        let loads = [CompetitionId::new(), CompetitionId::new()].map(|competition| Load {
            competition,
            commands: vec![Command::Register {
                user,
                key: key.clone(),
                fingerprint: fingerprint(competition),
            }],
        });
        let snapshot = |load: &Load| Snapshot {
            book: Some(open(load.competition, now)),
            people: [user].into(),
            ..Snapshot::default()
        };
        let snapshots = loads.iter().map(snapshot).collect();
        let loads: Vec<_> = loads.iter().collect();
        let plans = decide_all(&loads, snapshots, now, TimeDelta::days(1)).unwrap();
        let [(_, first), (_, second)] = &plans[..] else {
            panic!("two plans");
        };
        assert_eq!((first.insert.len(), first.remember.len()), (1, 1));
        let reused = Reply::Done(Err(Refusal::IdempotencyKeyReused));
        assert_eq!(second.replies, [reused]);
        assert!(second.writes_nothing());
    }
}

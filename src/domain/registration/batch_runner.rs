//! One transaction for everyone who waits: lock the rows, read, decide, write, commit.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    command::{Command, Reply},
    decide::{CompetitionState, Plan, Snapshot, decide},
    outcome::Stored,
    pending_reply::Validity,
    read_snapshots, write_plan,
};
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, DomainError, RegistrationId},
    ops::{Clock, metrics::names},
    store::{
        Database, ErrorKind, InfrastructureError, Transaction,
        audit::{self, Record},
    },
};

/// After this long nothing is tried again: those who wait would not wait for its end.
const PATIENCE: Duration = Duration::from_secs(7);
/// For how long a transaction that lost against another is tried again.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(4);
/// How often it is tried again when a row came or went between reading and writing.
const SURPRISES: u32 = 8;
/// How often it is tried again when the database went away under it.
const OUTAGES: u32 = 2;

/// What a committed batch leaves to be done: answers, news, jobs to push.
#[derive(Debug, Default)]
pub(super) struct CommittedBatch {
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
    /// The competition afterwards, if it changed.
    pub state: Option<CompetitionState>,
    /// Jobs that were born.
    pub jobs: Vec<NewJob>,
    /// Whether seats are free for more people who queue than one transaction seats.
    pub unfinished: bool,
}

/// What the desk of one competition wants done.
#[derive(Debug)]
pub(super) struct Batch {
    /// Where.
    pub competition: CompetitionId,
    /// In the order in which they came. None at all just seats the head of the queue.
    pub commands: Vec<Command>,
    /// For each of them, whether it is still to be done.
    pub validities: Vec<Validity>,
}

impl Batch {
    /// The commands that are still to be done, which is nearly always all, and their places among
    /// all if not.
    fn still_wanted(&self) -> (Cow<'_, [Command]>, Option<Vec<usize>>) {
        if self.validities.iter().all(Validity::holds) {
            return (Cow::Borrowed(&self.commands), None);
        }
        let held = self.validities.iter().map(Validity::holds);
        let places: Vec<_> = held
            .enumerate()
            .filter_map(|(place, holds)| holds.then_some(place))
            .collect();
        let commands = places.iter().map(|place| self.commands[*place].clone());
        (Cow::Owned(commands.collect()), Some(places))
    }
}

/// A batch in a transaction: what of it is still to be done.
pub(super) struct Included<'a> {
    /// Where.
    pub competition: CompetitionId,
    /// In the order in which they came.
    pub commands: Cow<'a, [Command]>,
    places: Option<Vec<usize>>,
    all: usize,
}

impl<'a> Included<'a> {
    fn of(batch: &'a Batch) -> Self {
        let (commands, places) = batch.still_wanted();
        Self {
            competition: batch.competition,
            commands,
            places,
            all: batch.commands.len(),
        }
    }

    /// Replies for all commands of the batch. Nobody waits for those of commands that were not
    /// begun.
    fn spread(&self, replies: Vec<Reply>) -> Vec<Reply> {
        let Some(places) = &self.places else {
            return replies;
        };
        let not_begun = Reply::Done(Err(DomainError::Overloaded { retry_after: 1 }));
        let mut all = vec![not_begun; self.all];
        for (place, reply) in places.iter().zip(replies) {
            all[*place] = reply;
        }
        all
    }
}

/// What to do about rows that another transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockedRows {
    /// Wait for them, within [`TimeLimits::REGISTRATION`](crate::store::TimeLimits::REGISTRATION).
    Wait,
    /// Leave their competitions out.
    Skip,
}

/// Why a transaction did not come to be.
enum Failed {
    /// No connection was to be had. It was waited for: trying again at once helps nobody.
    AtOnce(InfrastructureError),
    /// It began.
    Within(InfrastructureError),
}

/// Runs batches.
#[derive(Debug)]
pub(super) struct BatchRunner {
    pub database: Database,
    pub clock: Clock,
    pub idempotency_ttl: TimeDelta,
}

impl BatchRunner {
    /// Runs the batches of different competitions in one transaction. One that fails for a passing
    /// reason is repeated whole, which is safe: whatever a lost commit may have done is found under
    /// its keys.
    ///
    /// With [`LockedRows::Skip`], those whose competition's row somebody else holds are left out
    /// (`None`), so that they keep nobody waiting.
    ///
    /// # Errors
    /// When nothing happened, as far as anybody can tell: trying again with the same keys is safe.
    pub(super) async fn run(
        &self,
        batches: &[Arc<Batch>],
        locked: LockedRows,
    ) -> Result<Vec<Option<CommittedBatch>>, InfrastructureError> {
        let begun = Instant::now();
        let commands: usize = batches.iter().map(|batch| batch.commands.len()).sum();
        metrics::histogram!(names::BATCH_SIZE).record(count(commands));
        let mut lost: Option<Instant> = None;
        let (mut tries, mut surprises, mut outages) = (0_u32, 0, 0);
        loop {
            let fault = match self.attempt(batches, locked).await {
                Ok(committed) => return Ok(committed),
                Err(Failed::AtOnce(fault)) => return Err(fault),
                Err(Failed::Within(fault)) if begun.elapsed() > PATIENCE => return Err(fault),
                Err(Failed::Within(fault)) => fault,
            };
            tries += 1;
            let pause = match fault.kind() {
                // Who waited for the row's lock fails as soon as it is free, since the row has
                // changed. So the first try comes at once: later the row is locked again.
                ErrorKind::Conflict
                    if lost.get_or_insert_with(Instant::now).elapsed() < CONFLICT_PATIENCE =>
                {
                    jittered((1 << tries.min(6)) - 2)
                }
                // Somebody wrote the same key, or deleted the account, in between. Reading again
                // tells.
                ErrorKind::Duplicate | ErrorKind::MissingReference if surprises < SURPRISES => {
                    surprises += 1;
                    jittered(4 << surprises.min(4))
                }
                ErrorKind::Unavailable if outages < OUTAGES => {
                    outages += 1;
                    jittered(200)
                }
                // Whoever asked decides when to come again: the lock was waited for already.
                _ => return Err(fault),
            };
            tracing::debug!(%fault, competitions = batches.len(), tries, "a transaction is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(
        &self,
        batches: &[Arc<Batch>],
        locked: LockedRows,
    ) -> Result<Vec<Option<CommittedBatch>>, Failed> {
        let transaction = self
            .database
            .begin_serializable()
            .await
            .map_err(|error| Failed::AtOnce(error.into()))?;
        let done = match self.inside(&transaction, batches, locked).await {
            Ok(done) => done,
            Err(fault) => {
                // Dropping it would roll back too, but later.
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!(%error, "rollback failed; the database undoes it by itself");
                }
                return Err(Failed::Within(fault));
            }
        };
        let idle = done.iter().flatten().all(|committed| committed.idle);
        let ended = if idle {
            transaction.rollback().await
        } else {
            transaction.commit().await
        };
        ended.map_err(|error| Failed::Within(error.into()))?;
        audit::log_records(done.iter().flatten().flat_map(|decided| &decided.records));
        Ok(done
            .into_iter()
            .map(|one| one.map(|decided| decided.committed))
            .collect())
    }

    async fn inside(
        &self,
        transaction: &Transaction,
        batches: &[Arc<Batch>],
        locked: LockedRows,
    ) -> Result<Vec<Option<Decided>>, InfrastructureError> {
        // The clock is read under the row locks: who comes after the deadline is late, however long
        // the queue was. And who gave up before has not been served.
        let ids: Vec<_> = batches.iter().map(|batch| batch.competition).collect();
        let rows = read_snapshots::lock(transaction, &ids, locked).await?;
        let now = self.clock.now();
        let left_out = |batch: &Batch| rows.held.contains(&batch.competition);
        let included: Vec<_> = batches
            .iter()
            .filter(|batch| !left_out(batch))
            .map(|batch| Included::of(batch))
            .collect();
        let snapshots =
            read_snapshots::snapshots(transaction, &rows.states, &included, now).await?;
        let plans = decide_all(&included, snapshots, now, self.idempotency_ttl)?;
        let jobs = write_plan::plans(transaction, &plans, now).await?;
        let mut decided = included
            .iter()
            .zip(plans)
            .zip(jobs)
            .map(|((of, (_, plan)), jobs)| Decided {
                idle: plan.writes_nothing(),
                records: plan.audit,
                committed: CommittedBatch {
                    replies: of.spread(plan.replies),
                    state: plan.state,
                    jobs,
                    unfinished: plan.unfinished,
                },
            });
        Ok(batches
            .iter()
            .map(|batch| {
                if left_out(batch) {
                    None
                } else {
                    decided.next()
                }
            })
            .collect())
    }
}

/// A batch that is written and waits for the commit.
struct Decided {
    /// Whether there was nothing to write.
    idle: bool,
    /// What the audit log says about it.
    records: Vec<Record>,
    committed: CommittedBatch,
}

/// One competition after the other. Keys are an account's, wherever they are used: what was said
/// under one at the first is known at the next.
fn decide_all(
    batches: &[Included<'_>],
    snapshots: Vec<Snapshot>,
    now: DateTime<Utc>,
    keep: TimeDelta,
) -> Result<Vec<(CompetitionId, Plan)>, InfrastructureError> {
    let mut said = HashMap::new();
    let mut plans = Vec::with_capacity(batches.len());
    for (batch, mut snapshot) in batches.iter().zip(snapshots) {
        for command in &*batch.commands {
            if let Command::Register { user, key, .. } = command
                && let Some(stored) = said.get(&(*user, key.clone()))
            {
                let stored = Stored::clone(stored);
                snapshot.stored.insert((*user, key.clone()), stored);
            }
        }
        let plan = decide(snapshot, &batch.commands, now, keep, RegistrationId::new)?;
        if batches.len() > 1 {
            let answers = plan.remember.iter().cloned();
            said.extend(answers.map(|(user, key, stored)| ((user, key), stored)));
        }
        plans.push((batch.competition, plan));
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
        model::{CompetitionStatus, IdempotencyKey, UserId},
    };

    fn open(id: CompetitionId, now: DateTime<Utc>) -> CompetitionState {
        CompetitionState {
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
            location: String::new(),
            schedule_revision: 0,
        }
    }

    #[test]
    fn a_key_that_is_used_at_two_competitions_at_once_is_good_for_the_first() {
        let (now, user, key) = (Utc::now(), UserId::new(), IdempotencyKey::mint());
        let batches = [CompetitionId::new(), CompetitionId::new()].map(|competition| Batch {
            competition,
            commands: vec![Command::Register {
                user,
                key: key.clone(),
                fingerprint: fingerprint(competition),
            }],
            validities: vec![Validity::new()],
        });
        let snapshot = |batch: &Batch| Snapshot {
            state: Some(open(batch.competition, now)),
            people: [user].into(),
            ..Snapshot::default()
        };
        let snapshots = batches.iter().map(snapshot).collect();
        let batches: Vec<_> = batches.iter().map(Included::of).collect();
        let plans = decide_all(&batches, snapshots, now, TimeDelta::days(1)).unwrap();
        let [(_, first), (_, second)] = &plans[..] else {
            panic!("two plans");
        };
        assert_eq!((first.insert.len(), first.remember.len()), (1, 1));
        let reused = Reply::Done(Err(DomainError::IdempotencyKeyReused));
        assert_eq!(second.replies, [reused]);
        assert!(second.writes_nothing());
    }

    /// On SQLite, where no row is ever held: what is not there does not exist.
    #[tokio::test]
    async fn a_competition_that_does_not_exist_is_said_so_at_once() {
        use migration::MigratorTrait;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/t.db?mode=rwc", folder.path().display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        let schema = database.for_migrations().await.unwrap();
        migration::Migrator::up(&schema, None).await.unwrap();
        let batches = BatchRunner {
            database,
            clock: Clock::system(),
            idempotency_ttl: TimeDelta::days(1),
        };
        let cancel = || {
            Arc::new(Batch {
                competition: CompetitionId::new(),
                commands: vec![Command::Cancel {
                    registration: RegistrationId::new(),
                    by: UserId::new(),
                }],
                validities: vec![Validity::new()],
            })
        };
        let committed = batches.run(&[cancel(), cancel()], LockedRows::Skip).await;
        for committed in committed.unwrap() {
            let replies = committed.expect("it is not left out").replies;
            assert_eq!(replies, [Reply::Done(Err(DomainError::NotFound))]);
        }
    }
}

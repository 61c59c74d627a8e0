//! Runs batches in one transaction: locks the rows, reads, decides, writes, commits.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;

use super::{
    after_commit::{self, AfterCommit},
    command::{Batch, CommittedBatch, CommittedBatches, LockedRows, RunBatches, StartedBatch},
    decide::{DecisionContext, Plan, Snapshot, decide},
    outcome::{KeyedOutcome, ResponseCodec},
    read_snapshots::{lock_competitions, read_snapshots},
    write_plan::write_plans,
};
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, RegistrationId},
    ops::{Clock, metrics::names},
    store::{
        Database, ErrorKind, InfrastructureError, Transaction,
        audit::{self, Record},
    },
};

/// After this time nothing is repeated: the requests would time out before its end.
const TIMEOUT: Duration = Duration::from_secs(7);
/// For how long a transaction is repeated that failed against another one.
const CONFLICT_TIMEOUT: Duration = Duration::from_secs(4);
/// How often a transaction is repeated because a row was written or deleted after it was read.
const MAX_SURPRISES: u32 = 8;
/// How often a transaction is repeated because the database was unavailable.
const MAX_OUTAGES: u32 = 2;

/// Runs batches on the database.
#[derive(Debug)]
pub(super) struct BatchRunner {
    pub database: Database,
    pub clock: Clock,
    pub codec: ResponseCodec,
    pub idempotency_ttl: TimeDelta,
    pub confirms_addresses: bool,
    pub after_commit: AfterCommit,
}

/// Why an attempt failed.
enum AttemptError {
    /// No connection was free. The attempt has waited for one already, so it is not repeated.
    NotStarted(InfrastructureError),
    /// The transaction was rolled back.
    RolledBack(InfrastructureError),
    /// The commit failed. It may have taken effect, if only its reply was lost.
    Unconfirmed(InfrastructureError),
}

/// Batches that are written and wait for the commit.
struct WrittenBatches {
    batches: Vec<WrittenBatch>,
    /// The outcomes that were stored.
    outcomes: Vec<KeyedOutcome>,
    /// The jobs that were written to the outbox.
    jobs: Vec<NewJob>,
}

/// A batch that is written and waits for the commit.
struct WrittenBatch {
    competition: CompetitionId,
    commands: usize,
    writes_nothing: bool,
    /// The entries of the audit log.
    records: Vec<Record>,
    committed: CommittedBatch,
}

impl RunBatches for BatchRunner {
    /// A transaction that fails for a transient reason is repeated as a whole. That is safe: if a commit
    /// took effect although its response was lost, its outcomes are found under their keys.
    async fn run(
        &self,
        batches: &[Arc<Batch>],
        locked_rows: LockedRows,
    ) -> Result<CommittedBatches, InfrastructureError> {
        let started_at = Instant::now();
        let mut first_conflict: Option<Instant> = None;
        let (mut attempts, mut surprises, mut outages) = (0_u32, 0, 0);
        let mut unconfirmed = false;
        loop {
            let error = match self.attempt(batches, locked_rows, unconfirmed).await {
                Ok(committed) => return Ok(committed),
                Err(AttemptError::NotStarted(error)) => return Err(error),
                Err(AttemptError::RolledBack(error)) => error,
                Err(AttemptError::Unconfirmed(error)) => {
                    unconfirmed = true;
                    error
                }
            };
            if started_at.elapsed() > TIMEOUT {
                return Err(error);
            }
            attempts += 1;
            let pause = match error.kind() {
                // A transaction that waited for a row's lock fails as soon as it gets it, since the row
                // has changed. So the first repetition comes at once: later the row is locked again.
                ErrorKind::Conflict
                    if first_conflict.get_or_insert_with(Instant::now).elapsed()
                        < CONFLICT_TIMEOUT =>
                {
                    jittered((1 << attempts.min(6)) - 2)
                }
                // Another transaction wrote the same key, or deleted the account. It is seen when the
                // rows are read again.
                ErrorKind::Duplicate | ErrorKind::MissingReference if surprises < MAX_SURPRISES => {
                    surprises += 1;
                    jittered(4 << surprises.min(4))
                }
                ErrorKind::Unavailable if outages < MAX_OUTAGES => {
                    outages += 1;
                    jittered(200)
                }
                // The caller decides when to try again: the attempt has waited for the lock already.
                _ => return Err(error),
            };
            tracing::debug!(%error, competitions = batches.len(), attempts, "Repeating the transaction of a batch group after attempt {attempts}");
            tokio::time::sleep(pause).await;
        }
    }
}

impl BatchRunner {
    /// Runs the batches once. If an earlier attempt is `unconfirmed`, it may be the one that changed the
    /// competitions, so their states are returned although this one changes nothing.
    async fn attempt(
        &self,
        batches: &[Arc<Batch>],
        locked_rows: LockedRows,
        unconfirmed: bool,
    ) -> Result<CommittedBatches, AttemptError> {
        let transaction = self
            .database
            .begin_serializable()
            .await
            .map_err(|error| AttemptError::NotStarted(error.into()))?;
        let written = self
            .write(&transaction, batches, locked_rows, unconfirmed)
            .await;
        let WrittenBatches {
            batches: written,
            outcomes,
            jobs,
        } = match written {
            Ok(written) => written,
            Err(error) => {
                // Dropping the transaction would roll it back too, but later.
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!(%error, "Could not roll back the transaction of a batch group; the database does it when the connection closes");
                }
                return Err(AttemptError::RolledBack(error));
            }
        };
        if written.iter().all(|batch| batch.writes_nothing) {
            let ended = transaction.rollback().await;
            ended.map_err(|error| AttemptError::RolledBack(error.into()))?;
        } else {
            let ended = transaction.commit().await;
            ended.map_err(|error| AttemptError::Unconfirmed(error.into()))?;
        }
        let messages = after_commit::messages(
            written
                .iter()
                .map(|batch| (batch.competition, &batch.committed)),
        );
        self.after_commit.begin(outcomes, jobs, messages);
        audit::log_records(written.iter().flat_map(|batch| &batch.records));
        for batch in &written {
            metrics::histogram!(names::BATCH_SIZE).record(to_f64(batch.commands));
        }
        let committed = written.into_iter();
        Ok(committed.map(|it| (it.competition, it.committed)).collect())
    }

    /// Does everything of the transaction but its commit.
    async fn write(
        &self,
        transaction: &Transaction,
        batches: &[Arc<Batch>],
        locked_rows: LockedRows,
        unconfirmed: bool,
    ) -> Result<WrittenBatches, InfrastructureError> {
        let ids: Vec<_> = batches.iter().map(|batch| batch.competition).collect();
        // Under the row locks the clock is read and it is decided which requests have timed out: a request
        // that is served after the deadline is late, however long it was queued.
        let rows = lock_competitions(transaction, &ids, locked_rows, &self.clock).await?;
        let now = rows.now;
        let started: Vec<_> = batches
            .iter()
            .filter(|batch| !rows.held.contains(&batch.competition))
            .map(|batch| batch.start())
            .collect();
        let mut states = rows.states;
        let snapshots = read_snapshots(transaction, &states, &started, now, &self.codec).await?;
        let context = DecisionContext {
            now,
            expires_at: now + self.idempotency_ttl,
            confirms_addresses: self.confirms_addresses,
            encode: self.codec.encode,
        };
        let plans = decide_all(&started, snapshots, &context)?;
        let jobs = write_plans(transaction, &plans, now).await?;
        let mut outcomes = Vec::new();
        let written = plans.into_iter().map(|(competition, plan)| {
            let writes_nothing = plan.writes_nothing();
            let (changed_accounts, waitlist_moved) =
                (plan.changed_accounts(), plan.moves_waitlist());
            outcomes.extend(plan.outcomes);
            WrittenBatch {
                competition,
                commands: plan.replies.len(),
                writes_nothing,
                records: plan.audit,
                committed: CommittedBatch {
                    changed_accounts,
                    waitlist_moved,
                    replies: plan.replies,
                    state: match plan.state {
                        None if unconfirmed => states.remove(&competition),
                        state => state,
                    },
                    unfinished: plan.unfinished,
                },
            }
        });
        Ok(WrittenBatches {
            batches: written.collect(),
            outcomes,
            jobs,
        })
    }
}

/// Decides one batch after the other. An idempotency key belongs to an account and not to a competition,
/// so an outcome under a key of one batch is known to the next ones.
fn decide_all(
    batches: &[StartedBatch<'_>],
    snapshots: Vec<Snapshot>,
    context: &DecisionContext,
) -> Result<Vec<(CompetitionId, Plan)>, InfrastructureError> {
    let mut decided = HashMap::new();
    let mut plans = Vec::with_capacity(batches.len());
    for (batch, mut snapshot) in batches.iter().zip(snapshots) {
        if !decided.is_empty() {
            for command in &*batch.commands {
                let Some((account, key)) = command.idempotency_key() else {
                    continue;
                };
                if let Some(outcome) = decided.get(&(account, key.clone())) {
                    let outcome = Arc::clone(outcome);
                    snapshot.outcomes.insert((account, key.clone()), outcome);
                }
            }
        }
        let plan = decide(snapshot, &batch.commands, context, RegistrationId::new)?;
        if batches.len() > 1 {
            let outcomes = plan.outcomes.iter().cloned();
            decided.extend(outcomes.map(|(user, key, outcome)| ((user, key), outcome)));
        }
        plans.push((batch.competition, plan));
    }
    Ok(plans)
}

fn jittered(millis: u64) -> Duration {
    Duration::from_millis(millis / 2 + rand::random_range(0..=millis))
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn to_f64(length: usize) -> f64 {
    length as f64
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::{
        domain::registration::{
            command::{CheckedAnswers, Command, Reply, Validity},
            competition_state::{CodeCounters, CompetitionState},
            decide::test_codec,
            response_cache::ResponseCache,
        },
        jobs::outbox::{Outbox, RelayWaker},
        model::{
            CompetitionStatus, DomainError, Eligibility, IdempotencyKey, Language, PhaseRules,
            UserId,
        },
        store::memory,
    };

    fn open(id: CompetitionId, now: DateTime<Utc>) -> CompetitionState {
        CompetitionState {
            id,
            organizer: UserId::new(),
            capacity: 5,
            seats_left: 5,
            waitlisted: 0,
            waitlist_seq: 0,
            version: 0,
            edited_at_version: 0,
            rules: PhaseRules {
                status: CompetitionStatus::Published,
                waitlist_enabled: false,
                opens_at: None,
                paused: false,
                reg_deadline: now + TimeDelta::days(1),
                starts_at: now + TimeDelta::days(2),
                ends_at: None,
            },
            location: String::new(),
            schedule_revision: 0,
            has_divisions: false,
            questions_revision: 0,
            codes: CodeCounters::default(),
            eligibility: Eligibility::default(),
            time_zone: "UTC".to_owned(),
            divisions: Vec::new(),
        }
    }

    #[test]
    fn a_key_that_is_used_for_two_competitions_at_once_holds_for_the_first() {
        let (now, user, key) = (Utc::now(), UserId::new(), IdempotencyKey::mint());
        let batches = [CompetitionId::new(), CompetitionId::new()].map(|competition| Batch {
            competition,
            commands: vec![Command::Register {
                user,
                key: key.clone(),
                division: None,
                answers: CheckedAnswers::default(),
                code: None,
                fingerprint: competition.to_string(),
                language: Language::default(),
            }],
            validities: vec![Validity::new()],
        });
        let snapshot = |batch: &Batch| Snapshot {
            state: Some(open(batch.competition, now)),
            users: [user].into(),
            ..Snapshot::default()
        };
        let snapshots = batches.iter().map(snapshot).collect();
        let started: Vec<_> = batches.iter().map(Batch::start).collect();
        let context = DecisionContext {
            now,
            expires_at: now + TimeDelta::days(1),
            confirms_addresses: true,
            encode: test_codec().encode,
        };
        let plans = decide_all(&started, snapshots, &context).unwrap();
        let [(_, first), (_, second)] = &plans[..] else {
            panic!("two plans");
        };
        assert_eq!((first.insert.len(), first.outcomes.len()), (1, 1));
        let reused = Reply::Done(Err(DomainError::IdempotencyKeyReused));
        assert_eq!(second.replies, [reused]);
        assert!(second.writes_nothing());
    }

    fn after_commit() -> AfterCommit {
        let clock = Clock::system();
        let ports = memory::ports(&clock);
        AfterCommit {
            outbox: Outbox::new(Arc::clone(&ports.queue), RelayWaker::default()),
            responses: ResponseCache::new(
                ports.clone(),
                clock,
                test_codec(),
                Duration::from_secs(1),
            ),
            ports,
            tasks: TaskTracker::new(),
        }
    }

    /// On SQLite, where no other transaction holds a row: a row that is missing does not exist.
    #[tokio::test]
    async fn a_competition_that_does_not_exist_is_not_left_out_but_not_found() {
        use migration::MigratorTrait;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/t.db?mode=rwc", folder.path().display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        let schema = database.for_migrations().await.unwrap();
        migration::Migrator::up(&schema, None).await.unwrap();
        let runner = BatchRunner {
            database,
            clock: Clock::system(),
            codec: test_codec(),
            idempotency_ttl: TimeDelta::days(1),
            confirms_addresses: true,
            after_commit: after_commit(),
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
        let committed = runner.run(&[cancel(), cancel()], LockedRows::Skip).await;
        let committed = committed.unwrap();
        assert_eq!(committed.len(), 2, "none is left out");
        for batch in committed.into_values() {
            assert_eq!(batch.replies, [Reply::Done(Err(DomainError::NotFound))]);
        }
    }
}

//! Recording results: all of a request or none, and once for each idempotency key.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Results, STAGE_RESULTS_MAX};
use crate::{
    domain::{
        Actor, Error, Result,
        audit::AuditEvent,
        check_in::{NamedRow, ScannedCode},
        stored_responses::{KeyedResponse, store, stored},
    },
    model::{
        AuditAction, AuditOutcome, DomainError, IdempotencyKey, PerformanceId,
        RecordedPerformances, RegistrationId, StageId,
        forms::{
            CheckedPerformance, FieldErrors, PERFORMANCES_MAX, PerformanceInput, ResultProblem,
        },
    },
    store::{
        InfrastructureError, Transaction, advisory_lock, audit,
        bulk::{self, Cells},
        entity::{competition, performance, stage},
    },
};

/// Seconds after which a request may be repeated that met a change of the stage.
const RETRY_AFTER: u64 = 1;
/// The status under which the response is stored. `api` sends it.
const STORED_STATUS: i32 = 201;

/// What has become of a request that records results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pub recorded: RecordedPerformances,
    /// Whether an earlier request with the same key has recorded them.
    pub replayed: bool,
}

/// A result that can be recorded.
#[derive(Debug, Clone)]
pub(super) struct ReadyResult {
    pub registration: RegistrationId,
    pub checked: CheckedPerformance,
}

impl Results {
    /// Records results in a stage: all of them, or none if one is wrong. The same `key` with the same content records
    /// nothing more, and has the same response.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::IdempotencyKeyReused`], or
    /// [`DomainError::Invalid`], whose fields are named after the place of the result, like `[3].value`.
    pub async fn record(
        &self,
        actor: Actor,
        id: StageId,
        key: Option<&IdempotencyKey>,
        inputs: Vec<PerformanceInput>,
    ) -> Result<Recording> {
        let stage = self.recorded_stage(actor, id).await?;
        if inputs.len() > PERFORMANCES_MAX {
            let problem = ResultProblem::TooManyResults(PERFORMANCES_MAX as u64);
            return Err(FieldErrors::one("body", problem).into());
        }
        let fingerprint = fingerprint(id, &inputs)?;
        let now = self.0.clock.now();
        if let Some(key) = key {
            let read = self.0.database.read();
            if let Some(recorded) = stored(read, actor, key, &fingerprint, now).await? {
                return Ok(replayed(recorded));
            }
        }
        if inputs.is_empty() {
            return Err(FieldErrors::one("body", ResultProblem::NoResults).into());
        }
        let results = self.checked(&stage, inputs.into_iter().map(Ok).collect());
        let results = all_or_errors(results.await?)?;
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, stage.competition_id).await?;
        if let Some(key) = key
            && let Some(recorded) = stored(&transaction, actor, key, &fingerprint, now).await?
        {
            return Ok(replayed(recorded));
        }
        self.check_unchanged(&transaction, &stage, results.len())
            .await?;
        check_corrections(&transaction, &results).await?;
        let recorded = RecordedPerformances {
            stage_id: id,
            recorded: results.len() as u64,
            ids: results.iter().map(|_| PerformanceId::new()).collect(),
        };
        insert(&transaction, id, &recorded.ids, results, actor, now).await?;
        stage::Entity::update_many()
            .col_expr(
                stage::Column::Revision,
                Expr::col(stage::Column::Revision).add(1),
            )
            .filter(stage::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        if let Some(key) = key {
            let response = KeyedResponse {
                status: STORED_STATUS,
                body: json!(recorded),
                expires_at: now + self.0.idempotency_ttl,
            };
            store(&transaction, actor, key, fingerprint, now, response).await?;
        }
        let event = AuditEvent::by(actor, AuditAction::ResultsRecord, AuditOutcome::Done)
            .on(Some(stage.competition_id))
            .with(json!({ "stage": id, "recorded": recorded.recorded }));
        let record = self.0.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(Recording {
            recorded,
            replayed: false,
        })
    }

    /// Records one result like [`record`](Self::record). The fields of errors have the names that they have in a result.
    ///
    /// # Errors
    /// Returns the errors of [`record`](Self::record).
    pub async fn record_one(
        &self,
        actor: Actor,
        id: StageId,
        key: Option<&IdempotencyKey>,
        input: PerformanceInput,
    ) -> Result<Recording> {
        let recorded = self.record(actor, id, key, vec![input]).await;
        recorded.map_err(|error| match error {
            Error::Domain(DomainError::Invalid(errors)) => {
                let mut own = FieldErrors::default();
                for error in errors.iter() {
                    let field = error.field.trim_start_matches("[0].");
                    own.add(field, error.problem.clone());
                }
                own.into()
            }
            other => other,
        })
    }

    /// Checks results of a stage, each on its own. Those that could not be read keep their errors.
    pub(super) async fn checked(
        &self,
        stage: &stage::Model,
        inputs: Vec<Result<PerformanceInput, FieldErrors>>,
    ) -> Result<Vec<Result<ReadyResult, FieldErrors>>> {
        let inputs = inputs
            .into_iter()
            .map(|input| input.and_then(|input| input.check(stage.metric)));
        let inputs: Vec<Result<CheckedPerformance, FieldErrors>> = inputs.collect();
        let named = &self.0.participants;
        let codes: Vec<_> = inputs.iter().flatten().map(|it| it.code.as_str()).collect();
        let numbers = named.numbered(stage.competition_id, &codes).await?;
        let codes: Vec<_> = inputs
            .iter()
            .map(|input| {
                let input = input.as_ref().ok()?;
                ScannedCode::read(&input.code, &numbers)
            })
            .collect();
        let ids: HashSet<_> = codes.iter().flatten().map(|it| it.registration()).collect();
        let rows = named.rows(&ids.into_iter().collect::<Vec<_>>()).await?;
        let corrected = inputs.iter().flatten().filter_map(|it| it.supersedes);
        let corrected = self.corrected(stage.id, corrected).await?;
        let results = inputs.into_iter().zip(codes).map(|(input, code)| {
            let checked = input?;
            let row = self.participant(stage, code, &rows);
            let row = row.map_err(|problem| FieldErrors::one("code", problem))?;
            if let Some(id) = checked.supersedes
                && corrected.get(&id) != Some(&row.id)
            {
                let problem = ResultProblem::NothingToCorrect;
                return Err(FieldErrors::one("supersedes", problem));
            }
            Ok(ReadyResult {
                registration: row.id,
                checked,
            })
        });
        Ok(results.collect())
    }

    /// Returns the participant whom a code names, if they have a seat in the stage's competition.
    fn participant<'a>(
        &self,
        stage: &stage::Model,
        code: Option<ScannedCode>,
        rows: &'a HashMap<RegistrationId, NamedRow>,
    ) -> Result<&'a NamedRow, ResultProblem> {
        let code = code.ok_or(ResultProblem::UnknownParticipant)?;
        let row = rows.get(&code.registration());
        let row = row.ok_or(ResultProblem::UnknownParticipant)?;
        let is_here = row.competition_id == stage.competition_id;
        match &code {
            ScannedCode::Ticket(ticket) if !self.0.participants.verifies(ticket, row.user_id) => {
                return Err(ResultProblem::UnknownParticipant);
            }
            ScannedCode::Ticket(_) if !is_here => return Err(ResultProblem::ParticipantElsewhere),
            // Ids are no proof, so those of other competitions are as good as unknown.
            ScannedCode::Registration(_) if !is_here => {
                return Err(ResultProblem::UnknownParticipant);
            }
            ScannedCode::Ticket(_) | ScannedCode::Registration(_) => {}
        }
        match row.status.holds_seat() {
            true => Ok(row),
            false => Err(ResultProblem::ParticipantWithoutSeat),
        }
    }

    /// Returns whose results of the stage are to be corrected.
    async fn corrected(
        &self,
        stage: StageId,
        ids: impl Iterator<Item = PerformanceId>,
    ) -> Result<HashMap<PerformanceId, RegistrationId>> {
        use performance::Column;
        let ids: Vec<_> = ids.collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let database = &self.0.database;
        let id = (performance::Entity, Column::Id);
        let found: Vec<(PerformanceId, RegistrationId)> = performance::Entity::find()
            .select_only()
            .columns([Column::Id, Column::RegistrationId])
            .filter(bulk::among(database.backend(), id, &ids))
            .filter(Column::StageId.eq(stage))
            .into_tuple()
            .all(database.read())
            .await?;
        Ok(found.into_iter().collect())
    }

    /// Checks that the stage means what it meant when the results were checked, and has room for them.
    async fn check_unchanged(
        &self,
        transaction: &Transaction,
        before: &stage::Model,
        more: usize,
    ) -> Result<()> {
        let id = before.competition_id;
        let exists = competition::Entity::existing_by_id(id)
            .one(transaction)
            .await?;
        let now = stage::Entity::find_by_id(before.id)
            .one(transaction)
            .await?;
        let (Some(_), Some(now)) = (exists, now) else {
            return Err(DomainError::NotFound.into());
        };
        if (now.metric, now.decimals) != (before.metric, before.decimals) {
            return Err(DomainError::Overloaded {
                retry_after: RETRY_AFTER,
            }
            .into());
        }
        let count = performance::Entity::find()
            .filter(performance::Column::StageId.eq(before.id))
            .count(transaction)
            .await?;
        if count + more as u64 > STAGE_RESULTS_MAX {
            let problem = ResultProblem::StageIsFull(STAGE_RESULTS_MAX);
            return Err(FieldErrors::one("body", problem).into());
        }
        Ok(())
    }
}

fn replayed(recorded: RecordedPerformances) -> Recording {
    Recording {
        recorded,
        replayed: true,
    }
}

/// Returns all results, or the errors of the first ones that are wrong, by their place in the request.
fn all_or_errors(
    results: Vec<Result<ReadyResult, FieldErrors>>,
) -> Result<Vec<ReadyResult>, FieldErrors> {
    /// The number of wrong results that a response names.
    const NAMED: usize = 100;
    let mut errors = FieldErrors::default();
    let wrong = results.iter().enumerate();
    let wrong = wrong.filter_map(|(at, result)| Some((at, result.as_ref().err()?)));
    for (at, problems) in wrong.take(NAMED) {
        for error in problems.iter() {
            errors.add(&format!("[{at}].{}", error.field), error.problem.clone());
        }
    }
    match errors.is_empty() {
        true => Ok(results.into_iter().flatten().collect()),
        false => Err(errors),
    }
}

/// Returns a digest of a request. It tells apart two requests under one idempotency key.
fn fingerprint(stage: StageId, inputs: &[PerformanceInput]) -> Result<String, InfrastructureError> {
    let body = serde_json::to_vec(inputs).map_err(InfrastructureError::internal)?;
    let mut digest = Sha256::new();
    digest.update(b"performances");
    digest.update(stage.0.as_bytes());
    digest.update(body);
    Ok(hex::encode(digest.finalize()))
}

/// Checks that none of the results to correct was corrected already, also not in the same request.
async fn check_corrections(transaction: &Transaction, results: &[ReadyResult]) -> Result<()> {
    use performance::Column;
    let corrections = results.iter().enumerate();
    let corrections = corrections.filter_map(|(at, it)| Some((at, it.checked.supersedes?)));
    let corrections: Vec<_> = corrections.collect();
    if corrections.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = corrections.iter().map(|(_, id)| *id).collect();
    let supersedes = (performance::Entity, Column::Supersedes);
    let backend = transaction.get_database_backend();
    let done: Vec<Option<PerformanceId>> = performance::Entity::find()
        .select_only()
        .column(Column::Supersedes)
        .filter(bulk::among(backend, supersedes, &ids))
        .into_tuple()
        .all(transaction)
        .await?;
    let mut done: HashSet<_> = done.into_iter().flatten().collect();
    let mut errors = FieldErrors::default();
    for (at, id) in corrections {
        if !done.insert(id) {
            let field = format!("[{at}].supersedes");
            errors.add(&field, ResultProblem::CorrectedAlready);
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.into()),
    }
}

async fn insert(
    transaction: &Transaction,
    stage: StageId,
    ids: &[PerformanceId],
    results: Vec<ReadyResult>,
    actor: Actor,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let count = results.len();
    let cells = |cell: fn(&ReadyResult) -> String| results.iter().map(cell).collect();
    let columns = vec![
        ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
        ("stage_id", Cells::Uuid(vec![stage.0; count])),
        (
            "registration_id",
            Cells::Uuid(results.iter().map(|it| it.registration.0).collect()),
        ),
        (
            "value",
            Cells::MaybeBigInt(results.iter().map(|it| it.checked.value).collect()),
        ),
        (
            "status",
            Cells::Text(cells(|it| it.checked.status.to_string())),
        ),
        ("note", Cells::Text(cells(|it| it.checked.note.clone()))),
        ("by", Cells::Uuid(vec![actor.id.0; count])),
        ("at", Cells::Moment(vec![now; count])),
        (
            "supersedes",
            Cells::MaybeUuid(
                results
                    .iter()
                    .map(|it| it.checked.supersedes.map(|id| id.0))
                    .collect(),
            ),
        ),
    ];
    bulk::insert(transaction, "performances", columns, "").await?;
    Ok(())
}

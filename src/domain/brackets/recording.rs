//! Records and undoes the results of matches, and takes entrants out: each change with everything that follows from it, or
//! not at all.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    BracketChange, Brackets,
    editing::settle_rounds,
    facts::{BracketFacts, index_of, seed_of},
    progress::CurrentMatch,
    views::match_view,
};
use crate::{
    domain::{
        Actor, Result,
        stored_responses::{KeyedResponse, store, stored},
    },
    model::{
        AuditAction, BracketFormat, BracketId, DomainError, IdempotencyKey, MatchChangeId,
        MatchChangeKind, MatchChangeView, MatchId, MatchOutcome,
        forms::{BracketProblem, EntrantPatch, FieldErrors, MatchResultInput},
    },
    store::{
        InfrastructureError, Transaction,
        entity::{bracket, bracket_entrant, bracket_match, match_change},
    },
};

/// The status under which the response is stored. `api` sends it.
const STORED_STATUS: i32 = 200;
/// The most entries in the history of a bracket. It bounds what corrections without end would store.
const CHANGES_MAX: u64 = 100_000;

/// What has become of a request that records a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedMatch {
    pub change: MatchChangeView,
    /// Whether an earlier request with the same key has recorded it.
    pub replayed: bool,
}

/// A result that is written to a match; none if it is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NewResult {
    outcome: MatchOutcome,
    scores: Option<[u32; 2]>,
}

/// A change of a result, with what is written to the history.
struct ResultChange {
    result: Option<NewResult>,
    confirm: bool,
    kind: MatchChangeKind,
}

impl Brackets {
    /// Records the result of a match, or another one instead of it, and lets the winner advance. The same `key` with the
    /// same content changes nothing more, and has the same response.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`],
    /// [`DomainError::IdempotencyKeyReused`], or [`DomainError::LaterMatchesPlayed`] if results of later matches would
    /// become void and the input does not confirm that.
    pub async fn record(
        &self,
        actor: Actor,
        id: BracketId,
        game: MatchId,
        key: Option<&IdempotencyKey>,
        input: &MatchResultInput,
    ) -> Result<RecordedMatch> {
        let row = self.permitted_bracket(actor, id).await?;
        let fingerprint = fingerprint(id, game, input)?;
        let now = self.0.clock.now();
        let replayed = |change| RecordedMatch {
            change,
            replayed: true,
        };
        if let Some(key) = key {
            let read = self.0.database.read();
            if let Some(change) = stored(read, actor, key, &fingerprint, now).await? {
                return Ok(replayed(change));
            }
        }
        let scores = input.check(row.format)?;
        let (transaction, facts) = self.begin(&row).await?;
        if let Some(key) = key
            && let Some(change) = stored(&transaction, actor, key, &fingerprint, now).await?
        {
            return Ok(replayed(change));
        }
        let change = ResultChange {
            result: Some(NewResult {
                outcome: input.outcome,
                scores,
            }),
            confirm: input.confirm,
            kind: MatchChangeKind::Recorded,
        };
        let (facts, change) =
            change_result(&transaction, facts, game, change, (actor, now)).await?;
        if let Some(key) = key {
            let response = KeyedResponse {
                status: STORED_STATUS,
                body: json!(change),
                expires_at: now + self.0.idempotency_ttl,
            };
            store(&transaction, actor, key, fingerprint, now, response).await?;
        }
        self.commit_result(transaction, actor, &facts.row, &change)
            .await?;
        Ok(RecordedMatch {
            change,
            replayed: false,
        })
    }

    /// Undoes the result of a match.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`] if there is no result, or
    /// [`DomainError::LaterMatchesPlayed`] if results of later matches would become void and nobody confirms that.
    pub async fn undo(
        &self,
        actor: Actor,
        id: BracketId,
        game: MatchId,
        confirm: bool,
    ) -> Result<MatchChangeView> {
        let row = self.permitted_bracket(actor, id).await?;
        let now = self.0.clock.now();
        let (transaction, facts) = self.begin(&row).await?;
        let change = ResultChange {
            result: None,
            confirm,
            kind: MatchChangeKind::Undone,
        };
        let (facts, change) =
            change_result(&transaction, facts, game, change, (actor, now)).await?;
        self.commit_result(transaction, actor, &facts.row, &change)
            .await?;
        Ok(change)
    }

    /// Takes an entrant out of a bracket, or in again. The opponents win the matches without a result.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`] if a cancelled registration
    /// would be in again, or [`DomainError::LaterMatchesPlayed`] like [`record`](Self::record).
    pub async fn change_entrant(
        &self,
        actor: Actor,
        id: BracketId,
        seed: u32,
        patch: EntrantPatch,
    ) -> Result<()> {
        let row = self.permitted_bracket(actor, id).await?;
        let now = self.0.clock.now();
        let (transaction, mut facts) = self.begin(&row).await?;
        let seed = i32::try_from(seed).map_err(|_| DomainError::NotFound)?;
        let entrant = index_of(seed.into()).and_then(|index| facts.entrants.get_mut(index));
        let entrant = entrant.ok_or(DomainError::NotFound)?;
        if !patch.withdrawn && entrant.cancelled_at.is_some() {
            let problem = BracketProblem::RegistrationCancelled;
            return Err(FieldErrors::one("withdrawn", problem).into());
        }
        entrant.taken_out_at = match (patch.withdrawn, entrant.taken_out_at) {
            (true, Some(before)) => Some(before),
            (true, None) => Some(now),
            (false, _) => None,
        };
        let taken_out_at = entrant.taken_out_at;
        bracket_entrant::Entity::update_many()
            .col_expr(
                bracket_entrant::Column::WithdrawnAt,
                Expr::value(taken_out_at),
            )
            .filter(bracket_entrant::Column::BracketId.eq(id))
            .filter(bracket_entrant::Column::Seed.eq(seed))
            .exec(&transaction)
            .await?;
        void_stale(&transaction, &mut facts, patch.confirm, (actor, now)).await?;
        settle_rounds(&transaction, &mut facts, None).await?;
        count_revision(&transaction, &facts.row).await?;
        let change = BracketChange {
            action: AuditAction::BracketEdit,
            details: json!({
                "bracket": id,
                "seed": seed,
                "withdrawn": patch.withdrawn,
            }),
            is_public: false,
        };
        self.commit(transaction, actor, &facts.row, change).await
    }

    async fn commit_result(
        &self,
        transaction: Transaction,
        actor: Actor,
        row: &bracket::Model,
        change: &MatchChangeView,
    ) -> Result<()> {
        let change = BracketChange {
            action: AuditAction::MatchResult,
            details: json!({
                "bracket": row.id,
                "match": change.changed.number,
                "outcome": change.changed.outcome,
                "voided": change.voided.len(),
            }),
            is_public: false,
        };
        self.commit(transaction, actor, row, change).await
    }
}

/// Changes the result of a match, and everything that follows from it.
async fn change_result(
    transaction: &Transaction,
    mut facts: BracketFacts,
    game: MatchId,
    change: ResultChange,
    by: (Actor, DateTime<Utc>),
) -> Result<(BracketFacts, MatchChangeView)> {
    let index = facts.matches.iter().position(|it| it.id == game);
    let index = index.ok_or(DomainError::NotFound)?;
    let (_, before) = facts.progress();
    let current: &CurrentMatch = before.matches.get(index).ok_or(DomainError::NotFound)?;
    let problem = |problem| FieldErrors::one("outcome", problem);
    let pair = current
        .pair()
        .ok_or_else(|| problem(BracketProblem::NotReady))?;
    let former = &facts.matches[index];
    let round = former.round;
    if change.result.is_none() {
        if former.outcome.is_none() {
            return Err(problem(BracketProblem::NothingRecorded).into());
        }
        let is_swiss = facts.row.format == BracketFormat::Swiss;
        if is_swiss && round < facts.last_round() && facts.has_begun(round.saturating_add(1)) {
            return Err(problem(BracketProblem::NextRoundBegun).into());
        }
    }
    let mut changed = former.clone();
    changed.outcome = change.result.map(|result| result.outcome);
    let scores = change.result.and_then(|result| result.scores);
    changed.first_score = scores.map(|[first, _]| first.into());
    changed.second_score = scores.map(|[_, second]| second.into());
    // In the Swiss system these are the pairing, which stays.
    if change.result.is_some() || facts.row.format == BracketFormat::Swiss {
        changed.first = Some(seed_of(pair[0]));
        changed.second = Some(seed_of(pair[1]));
    } else {
        (changed.first, changed.second) = (None, None);
    }
    let mut voided = Vec::new();
    if changed != *former {
        let history = match change.kind {
            MatchChangeKind::Recorded => changed.clone(),
            MatchChangeKind::Undone | MatchChangeKind::Voided => former.clone(),
        };
        write_match(transaction, &changed).await?;
        facts.matches[index] = changed;
        check_room(transaction, facts.row.id).await?;
        write_history(transaction, &history, change.kind, by).await?;
        voided = void_stale(transaction, &mut facts, change.confirm, by).await?;
        settle_rounds(transaction, &mut facts, Some(round)).await?;
        count_revision(transaction, &facts.row).await?;
    }
    let (plan, after) = facts.progress();
    let views = (
        facts.matches.get(index),
        plan.get(index),
        after.matches.get(index),
    );
    let (Some(stored), Some(planned), Some(current)) = views else {
        return Err(InfrastructureError::internal("a match that was changed is missing").into());
    };
    let changed = match_view(index, stored, planned, current, &facts.played());
    Ok((facts, MatchChangeView { changed, voided }))
}

/// Voids the results of matches in which others meet now. Returns their ids.
async fn void_stale(
    transaction: &Transaction,
    facts: &mut BracketFacts,
    confirm: bool,
    by: (Actor, DateTime<Utc>),
) -> Result<Vec<MatchId>> {
    let (_, progress) = facts.progress();
    if !progress.stale.is_empty() && !confirm {
        return Err(DomainError::LaterMatchesPlayed.into());
    }
    let mut voided = Vec::with_capacity(progress.stale.len());
    for index in progress.stale {
        let former = facts.matches[index].clone();
        let mut changed = former.clone();
        (changed.first, changed.second, changed.outcome) = (None, None, None);
        (changed.first_score, changed.second_score) = (None, None);
        write_match(transaction, &changed).await?;
        write_history(transaction, &former, MatchChangeKind::Voided, by).await?;
        voided.push(former.id);
        facts.matches[index] = changed;
    }
    Ok(voided)
}

async fn write_match(transaction: &Transaction, changed: &bracket_match::Model) -> Result<()> {
    let mut row = changed.clone().into_active_model();
    row.first = Set(changed.first);
    row.second = Set(changed.second);
    row.outcome = Set(changed.outcome);
    row.first_score = Set(changed.first_score);
    row.second_score = Set(changed.second_score);
    row.update(transaction).await?;
    Ok(())
}

async fn write_history(
    transaction: &Transaction,
    result: &bracket_match::Model,
    kind: MatchChangeKind,
    (actor, at): (Actor, DateTime<Utc>),
) -> Result<()> {
    let row = match_change::ActiveModel {
        id: Set(MatchChangeId::new()),
        bracket_id: Set(result.bracket_id),
        number: Set(result.number),
        kind: Set(kind),
        first: Set(result.first),
        second: Set(result.second),
        outcome: Set(result.outcome),
        first_score: Set(result.first_score),
        second_score: Set(result.second_score),
        by: Set(Some(actor.id)),
        at: Set(at),
    };
    match_change::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

async fn check_room(transaction: &Transaction, bracket: BracketId) -> Result<()> {
    let changes = match_change::Entity::find()
        .filter(match_change::Column::BracketId.eq(bracket))
        .count(transaction)
        .await?;
    match changes < CHANGES_MAX {
        true => Ok(()),
        false => {
            let problem = BracketProblem::TooManyChanges(CHANGES_MAX);
            Err(FieldErrors::one("outcome", problem).into())
        }
    }
}

async fn count_revision(transaction: &Transaction, row: &bracket::Model) -> Result<()> {
    bracket::Entity::update_many()
        .col_expr(
            bracket::Column::Revision,
            Expr::col(bracket::Column::Revision).add(1),
        )
        .filter(bracket::Column::Id.eq(row.id))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Returns a digest of a request. It tells apart two requests under one idempotency key.
fn fingerprint(
    bracket: BracketId,
    game: MatchId,
    input: &MatchResultInput,
) -> Result<String, InfrastructureError> {
    let body = serde_json::to_vec(input).map_err(InfrastructureError::internal)?;
    let mut digest = Sha256::new();
    digest.update(b"match");
    digest.update(bracket.0.as_bytes());
    digest.update(game.0.as_bytes());
    digest.update(body);
    Ok(hex::encode(digest.finalize()))
}

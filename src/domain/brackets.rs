//! Brackets: who meets whom in a competition or in a division of it, and who advances.
//!
//! | module | what it does |
//! | --- | --- |
//! | `layout` | the matches of an elimination and of a round robin: a pure function |
//! | `progress` | who meets whom after the results so far: a pure function |
//! | `swiss`, `matching` | pairs a round of the Swiss system: pure functions |
//! | `table` | makes the standings of a round robin and of the Swiss system: a pure function |
//! | `facts` | what is stored of a bracket, and what follows from it |
//! | `views` | makes views of it |
//! | `seeds` | decides who is in a bracket, and in which order |
//! | `editing` | adds, changes and removes brackets |
//! | `recording` | records and undoes results, and takes entrants out |
//! | `reading` | shows brackets, from memory while they are true |
//!
//! ```text
//! PENDING ──both entrants known──▶ READY ──result──▶ PLAYED
//!    │                               ▲  ◀──undo, void──┘
//!    │                               └──an entrant withdraws──▶ WALKOVER
//!    └──nobody comes──▶ BYE, NOT_NEEDED
//! ```
//!
//! A result belongs to two entrants. If a correction lets others meet in a later match, its result is void: this happens
//! only if it was confirmed, in the same transaction, under the lock that check-in and results take. The order in which
//! `layout` returns matches is a part of what is stored: a match is known by its number.

mod editing;
mod facts;
mod layout;
mod matching;
mod progress;
mod reading;
mod recording;
mod seeds;
mod swiss;
mod table;
#[cfg(test)]
mod tests;
mod views;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use self::facts::{BracketFacts, StoredEntrant};
pub use self::recording::RecordedMatch;
use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    catalog::FreshCache,
    changes::Changes,
    check_in::NamedParticipants,
    permissions,
    results::{Results, count_change},
};
use crate::{
    model::{
        AuditAction, AuditOutcome, BracketDetailView, BracketId, BracketState, BracketView,
        CompetitionId, DomainError, Permission, RegistrationId, RegistrationStatus,
        forms::BRACKET_ENTRANTS_MAX,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, Transaction, advisory_lock, audit, bulk,
        entity::{bracket, bracket_entrant, bracket_match, competition, registration},
    },
};

/// The most matches of a bracket: the Swiss system with 512 entrants and 20 rounds has as many.
const MATCHES_MAX: u64 = 5_120;
/// The memory for lists of brackets, in bytes.
const LISTS_MEMORY: u64 = 4 << 20;
/// The memory for brackets, in bytes.
const BRACKETS_MEMORY: u64 = 32 << 20;

/// Makes brackets, and records who has won. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Brackets(Arc<BracketParts>);

#[derive(Debug)]
struct BracketParts {
    database: Database,
    clock: Clock,
    audit: Audit,
    changes: Changes,
    participants: NamedParticipants,
    results: Results,
    /// How long the response to a request is kept under its idempotency key.
    idempotency_ttl: chrono::TimeDelta,
    lists: FreshCache<CompetitionId, Vec<BracketView>>,
    details: FreshCache<BracketId, BracketDetailView>,
}

impl Brackets {
    /// Creates the service over a database. Seeds are read from `results`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        audit: Audit,
        changes: Changes,
        participants: NamedParticipants,
        results: Results,
        idempotency_ttl: chrono::TimeDelta,
    ) -> Self {
        Self(Arc::new(BracketParts {
            lists: FreshCache::new(LISTS_MEMORY, changes.clone(), clock.clone()),
            details: FreshCache::new(BRACKETS_MEMORY, changes.clone(), clock.clone()),
            database,
            clock,
            audit,
            changes,
            participants,
            results,
            idempotency_ttl,
        }))
    }

    /// Returns a competition whose brackets `actor` may change. Writes an access that is refused to the audit log.
    async fn permitted(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let parts = &self.0;
        let permission = Permission::RecordResults;
        let found = permissions::permitted(&parts.database, &parts.audit, actor, id, permission);
        let (row, _) = found.await?;
        Ok(row)
    }

    /// Returns a bracket that `actor` may change.
    async fn permitted_bracket(&self, actor: Actor, id: BracketId) -> Result<bracket::Model> {
        let row = self.row(id).await?;
        self.permitted(actor, row.competition_id).await?;
        Ok(row)
    }

    async fn row(&self, id: BracketId) -> Result<bracket::Model> {
        let row = bracket::Entity::find_by_id(id)
            .one(self.0.database.read())
            .await?;
        Ok(row.ok_or(DomainError::NotFound)?)
    }

    /// Begins a change of a bracket: takes the lock of its competition, and reads the bracket.
    async fn begin(&self, row: &bracket::Model) -> Result<(Transaction, BracketFacts)> {
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, row.competition_id).await?;
        let exists = competition::Entity::existing_by_id(row.competition_id)
            .one(&transaction)
            .await?;
        let now = bracket::Entity::find_by_id(row.id)
            .one(&transaction)
            .await?;
        let (Some(_), Some(now)) = (exists, now) else {
            return Err(DomainError::NotFound.into());
        };
        let facts = facts_of(&transaction, now).await?;
        Ok((transaction, facts))
    }

    /// Writes to the audit log what was done, and commits. If everybody sees the bracket, or has seen it, what is kept of
    /// it in memory is made anew.
    async fn commit(
        &self,
        transaction: Transaction,
        actor: Actor,
        row: &bracket::Model,
        change: BracketChange,
    ) -> Result<()> {
        let parts = &self.0;
        let competition = row.competition_id;
        let event = AuditEvent::by(actor, change.action, AuditOutcome::Done)
            .on(Some(competition))
            .with(change.details);
        let record = parts.audit.record(event);
        audit::write(&transaction, &record).await?;
        if change.is_public || row.state == BracketState::Published {
            count_change(&transaction, competition, parts.clock.now()).await?;
            parts.changes.commit_edit(transaction, competition).await?;
        } else {
            transaction.commit().await?;
        }
        audit::log_records(&record);
        Ok(())
    }
}

/// What the audit log says about a change, and who notices it.
struct BracketChange {
    action: AuditAction,
    details: serde_json::Value,
    /// Whether everybody has seen the bracket before.
    is_public: bool,
}

impl BracketChange {
    /// Describes a change of the settings of a bracket.
    fn edit(id: BracketId, before: Option<&bracket::Model>, after: Option<&str>) -> Self {
        Self {
            action: AuditAction::BracketEdit,
            details: json!({
                "changed": ["bracket"],
                "before": { "bracket": before.map(|row| row.name.as_str()) },
                "after": { "bracket": after },
                "id": id,
            }),
            is_public: before.is_some_and(|row| row.state == BracketState::Published),
        }
    }
}

/// Reads the entrants and matches of a bracket.
async fn facts_of<C: ConnectionTrait>(
    connection: &C,
    row: bracket::Model,
) -> Result<BracketFacts, InfrastructureError> {
    let stored = bracket_entrant::Entity::find()
        .filter(bracket_entrant::Column::BracketId.eq(row.id))
        .order_by_asc(bracket_entrant::Column::Seed)
        .limit(BRACKET_ENTRANTS_MAX as u64)
        .all(connection)
        .await?;
    let ids: Vec<_> = stored.iter().filter_map(|it| it.registration_id).collect();
    let cancelled = cancelled(connection, &ids).await?;
    let entrants = stored.iter().map(|entrant| StoredEntrant {
        registration: entrant.registration_id,
        taken_out_at: entrant.withdrawn_at,
        cancelled_at: match entrant.registration_id {
            Some(id) => cancelled.get(&id).copied(),
            None => Some(row.created_at),
        },
    });
    let entrants = entrants.collect();
    let matches = bracket_match::Entity::find()
        .filter(bracket_match::Column::BracketId.eq(row.id))
        .order_by_asc(bracket_match::Column::Number)
        .limit(MATCHES_MAX)
        .all(connection)
        .await?;
    Ok(BracketFacts {
        row,
        entrants,
        matches,
    })
}

/// Returns which of these registrations have no seat any more, each with the time since when.
async fn cancelled<C: ConnectionTrait>(
    connection: &C,
    ids: &[RegistrationId],
) -> Result<HashMap<RegistrationId, DateTime<Utc>>, InfrastructureError> {
    use registration::Column;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let id = (registration::Entity, Column::Id);
    let seated = [RegistrationStatus::Pending, RegistrationStatus::Confirmed];
    let rows: Vec<(RegistrationId, Option<DateTime<Utc>>, DateTime<Utc>)> =
        registration::Entity::find()
            .select_only()
            .columns([Column::Id, Column::CancelledAt, Column::RegisteredAt])
            .filter(bulk::among(connection.get_database_backend(), id, ids))
            .filter(Column::Status.is_not_in(seated))
            .into_tuple()
            .all(connection)
            .await?;
    let since = |(id, cancelled_at, registered_at): (_, Option<_>, _)| {
        (id, cancelled_at.unwrap_or(registered_at))
    };
    Ok(rows.into_iter().map(since).collect())
}

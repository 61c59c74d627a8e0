//! Results: stages of a competition, what participants have achieved in them, and what is published of that.
//!
//! | module | what it does |
//! | --- | --- |
//! | `rank` | makes standings of results: a pure function |
//! | `stages` | adds, changes and removes stages |
//! | `recording` | records results, all of a request or none |
//! | `recorded` | lists results for those who record them, and reads lists that are pasted |
//! | `publishing` | publishes a version of standings, with what differs from the one before |
//! | `differences` | compares two versions: a pure function |
//! | `published` | keeps what was published in memory |
//! | `standings` | reads what is published, from memory while it is true |
//! | `exported` | reads the results of an account for its owner |
//!
//! ```text
//! DRAFT ◀──▶ OPEN ──publish──▶ PROVISIONAL ──publish as official──▶ OFFICIAL
//!                                 ▲   │ publish                      ▲   │ publish a correction
//!                                 └───┘ version n+1                  └───┘ version n+1
//! ```
//!
//! Recording takes the lock that check-in takes, and neither waits for registrations nor keeps them waiting. What is
//! published is a version that never changes: everybody else reads it, and nothing of what is recorded after it. A row of
//! `competitions` counts publications and changes of stages, so that nothing is read about a competition without any.

mod differences;
mod exported;
mod published;
mod publishing;
mod rank;
mod recorded;
mod recording;
mod stages;
mod standings;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

pub(in crate::domain) use self::exported::of_registrations;
use self::published::{PageKey, StageVersion};
pub use self::recording::Recording;
use super::{
    Actor, Result, audit::Audit, catalog::FreshCache, changes::Changes,
    check_in::NamedParticipants, permissions,
};
use crate::{
    domain::blocking_work::BlockingWork,
    model::{
        CompetitionId, DomainError, Permission, StageId, StageState, StageView, StandingsView,
        forms::STAGES_MAX,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, Transaction,
        entity::{competition, stage, standings as versions},
    },
};

/// The most results of one stage, corrected ones included.
const STAGE_RESULTS_MAX: u64 = 100_000;
/// The memory for lists of stages, in bytes.
const STAGES_MEMORY: u64 = 4 << 20;
/// The memory for pages of standings, in bytes.
const PAGES_MEMORY: u64 = 16 << 20;
/// The memory for standings, in bytes.
const VERSIONS_MEMORY: u64 = 64 << 20;
/// After this time without use, standings are dropped from memory.
const IDLE: Duration = Duration::from_secs(600);
/// How many standings are computed at the same time in one process, and how long others wait.
const AT_ONCE: usize = 2;
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Records and publishes results. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Results(Arc<ResultParts>);

#[derive(Debug)]
struct ResultParts {
    database: Database,
    clock: Clock,
    audit: Audit,
    changes: Changes,
    participants: NamedParticipants,
    /// How long the response to a request is kept under its idempotency key.
    idempotency_ttl: chrono::TimeDelta,
    ranking: BlockingWork,
    stages: FreshCache<CompetitionId, Vec<StageView>>,
    pages: FreshCache<PageKey, StandingsView>,
    /// Versions never change, so they stay true.
    versions: Cache<(StageId, i32), Arc<StageVersion>>,
}

impl Results {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        audit: Audit,
        changes: Changes,
        participants: NamedParticipants,
        idempotency_ttl: chrono::TimeDelta,
    ) -> Self {
        let size = |_: &(StageId, i32), version: &Arc<StageVersion>| version.size();
        Self(Arc::new(ResultParts {
            stages: FreshCache::new(STAGES_MEMORY, changes.clone(), clock.clone()),
            pages: FreshCache::new(PAGES_MEMORY, changes.clone(), clock.clone()),
            versions: Cache::builder()
                .weigher(size)
                .max_capacity(VERSIONS_MEMORY)
                .time_to_idle(IDLE)
                .build(),
            ranking: BlockingWork::new(AT_ONCE, MAX_WAIT),
            database,
            clock,
            audit,
            changes,
            participants,
            idempotency_ttl,
        }))
    }

    /// Returns a competition in which `actor` may do this. Writes an access that is refused to the audit log.
    async fn permitted(
        &self,
        actor: Actor,
        id: CompetitionId,
        permission: Permission,
    ) -> Result<competition::Model> {
        let parts = &self.0;
        let found = permissions::permitted(&parts.database, &parts.audit, actor, id, permission);
        let (row, _) = found.await?;
        Ok(row)
    }

    /// Returns a stage in whose competition `actor` may record results.
    async fn recorded_stage(&self, actor: Actor, id: StageId) -> Result<stage::Model> {
        let row = stage::Entity::find_by_id(id)
            .one(self.0.database.read())
            .await?;
        let row = row.ok_or(DomainError::NotFound)?;
        let permission = Permission::RecordResults;
        self.permitted(actor, row.competition_id, permission)
            .await?;
        Ok(row)
    }
}

/// Counts a change of what the public sees of a competition's results or brackets, in the transaction of the change. It locks the
/// competition's row.
pub(in crate::domain) async fn count_change(
    transaction: &Transaction,
    id: CompetitionId,
    now: DateTime<Utc>,
) -> Result<()> {
    use competition::Column;
    let next = Expr::col(Column::Version).add(1);
    let revision = Expr::col(Column::ResultsRevision).add(1);
    // Pages that are kept are made anew. Edits that are based on the former version are not refused: they change other things.
    let marked = competition::Entity::update_many()
        .col_expr(Column::Version, next)
        .col_expr(Column::ResultsRevision, revision)
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::DeletedAt.is_null())
        .exec(transaction)
        .await?;
    match marked.rows_affected {
        1 => Ok(()),
        _ => Err(DomainError::NotFound.into()),
    }
}

/// What is known of the newest publication of a stage.
#[derive(Debug, Clone, Copy)]
struct NewestVersion {
    version: i32,
    published_at: DateTime<Utc>,
}

/// Reads the stages of a competition in their order, each with its newest publication.
async fn stages_of<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<Vec<(stage::Model, Option<NewestVersion>)>, InfrastructureError> {
    let rows = stage::Entity::find()
        .filter(stage::Column::CompetitionId.eq(competition))
        .order_by_asc(stage::Column::Position)
        .order_by_asc(stage::Column::Id)
        .limit(STAGES_MAX as u64)
        .all(connection)
        .await?;
    let mut stages = Vec::with_capacity(rows.len());
    for row in rows {
        let newest = match row.state.is_published() {
            true => newest_version(connection, row.id).await?,
            false => None,
        };
        stages.push((row, newest));
    }
    Ok(stages)
}

/// Reads which publication of a stage is the newest.
async fn newest_version<C: ConnectionTrait>(
    connection: &C,
    stage: StageId,
) -> Result<Option<NewestVersion>, InfrastructureError> {
    use versions::Column;
    let newest: Option<(i32, DateTime<Utc>)> = versions::Entity::find()
        .select_only()
        .columns([Column::Version, Column::PublishedAt])
        .filter(Column::StageId.eq(stage))
        .order_by_desc(Column::Version)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(newest.map(|(version, published_at)| NewestVersion {
        version,
        published_at,
    }))
}

/// Returns the view of a stage.
fn stage_view(row: &stage::Model, newest: Option<NewestVersion>) -> StageView {
    StageView {
        id: row.id,
        competition_id: row.competition_id,
        name: row.name.clone(),
        metric: row.metric,
        direction: row.direction,
        unit: row.unit.clone(),
        decimals: u32::try_from(row.decimals).unwrap_or(0),
        aggregate: row.aggregate,
        tie_rule: row.tie_rule,
        state: row.state,
        freeze_at: row.freeze_at,
        version: newest.map_or(0, |it| u32::try_from(it.version).unwrap_or(0)),
        published_at: newest.map(|it| it.published_at),
    }
}

/// Returns whether everybody sees a stage.
const fn is_public(state: StageState) -> bool {
    !matches!(state, StageState::Draft)
}

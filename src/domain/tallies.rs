//! Tallies of a competition: refusals by their reason, and visitors by their language and by the domain that sent them.
//!
//! A process counts in memory and adds its numbers to the rows of all processes every few seconds, in one statement for
//! hundreds of them. Nothing waits for that, and what a process that crashes has not added is missing: the numbers are
//! for charts, and nothing depends on them. No more is kept of a visitor.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use crate::{
    model::{CompetitionId, TallyKind, TallyView},
    store::{
        Database, InfrastructureError,
        bulk::{self, Cells},
        entity::{
            competition,
            competition_tally::{Column, Entity, Model},
        },
    },
};

/// How often a process adds its numbers to the rows of all processes.
const PERIOD: Duration = Duration::from_secs(2);
/// The number of different tallies that wait in one process. Further ones are not counted.
const MAX_WAITING: usize = 4_096;
/// The number of tallies that one statement adds.
const CHUNK: usize = 500;
/// The number of domains that are kept for a competition. Anyone can send any, so the others count as one.
const MAX_REFERRERS: usize = 50;
/// The name of the domains that are not kept.
const OTHERS: &str = "…";
/// The longest name, in bytes.
const MAX_NAME: usize = 100;

type WaitingTallies = BTreeMap<(CompetitionId, TallyKind, String), i64>;
type Tally = ((CompetitionId, TallyKind, String), i64);

/// Counts what happens to competitions in this process. Cheap to clone; clones share their numbers.
#[derive(Debug, Clone, Default)]
pub struct Tallies {
    waiting: Arc<Mutex<WaitingTallies>>,
}

impl Tallies {
    fn lock(&self) -> MutexGuard<'_, WaitingTallies> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more of a kind with this name.
    pub fn count(&self, competition: CompetitionId, kind: TallyKind, name: &str) {
        if name.len() > MAX_NAME {
            return;
        }
        let mut waiting = self.lock();
        let key = (competition, kind, name.to_owned());
        if let Some(count) = waiting.get_mut(&key) {
            *count += 1;
        } else if waiting.len() < MAX_WAITING {
            waiting.insert(key, 1);
        }
    }

    /// Adds the numbers of this process to the rows of all processes.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable; the numbers are kept for the next time.
    pub async fn write(&self, database: &Database) -> Result<(), InfrastructureError> {
        // In the order of the keys, so that two processes do not wait for each other.
        let tallies: Vec<Tally> = std::mem::take(&mut *self.lock()).into_iter().collect();
        let mut chunks = tallies.chunks(CHUNK);
        while let Some(chunk) = chunks.next() {
            if let Err(error) = add(database, chunk).await {
                let mut waiting = self.lock();
                for (key, count) in chunk.iter().chain(chunks.flatten()) {
                    *waiting.entry(key.clone()).or_default() += count;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes the numbers every few seconds, and the last ones after the shutdown signal.
    pub async fn run(self, database: Database, shutdown: CancellationToken) {
        loop {
            let stopped = shutdown.is_cancelled();
            if let Err(error) = self.write(&database).await {
                tracing::debug!(%error, "Could not write the tallies of competitions; it is tried again");
            }
            if stopped {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }
}

/// Adds tallies to the rows of competitions that exist.
async fn add(database: &Database, tallies: &[Tally]) -> Result<(), InfrastructureError> {
    let ids: HashSet<CompetitionId> = tallies.iter().map(|((id, ..), _)| *id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let backend = database.backend();
    let existing: Vec<CompetitionId> = competition::Entity::existing()
        .select_only()
        .column(competition::Column::Id)
        .filter(bulk::among(
            backend,
            (competition::Entity, competition::Column::Id),
            &ids,
        ))
        .into_tuple()
        .all(database.read())
        .await?;
    let existing: HashSet<_> = existing.into_iter().collect();
    let mut referrers = known_referrers(database, tallies).await?;
    let mut rows = BTreeMap::new();
    for ((id, kind, name), count) in tallies {
        if !existing.contains(id) {
            continue;
        }
        let mut name = name.as_str();
        if *kind == TallyKind::Referrer {
            let known = referrers.entry(*id).or_default();
            if known.len() < MAX_REFERRERS {
                known.insert(name.to_owned());
            } else if !known.contains(name) {
                name = OTHERS;
            }
        }
        *rows.entry((*id, *kind, name)).or_insert(0) += count;
    }
    let columns = vec![
        (
            "competition_id",
            Cells::Uuid(rows.keys().map(|(id, ..)| id.0).collect()),
        ),
        (
            "kind",
            Cells::Text(rows.keys().map(|(_, kind, _)| kind.to_string()).collect()),
        ),
        (
            "name",
            Cells::Text(rows.keys().map(|(.., name)| (*name).to_owned()).collect()),
        ),
        ("count", Cells::BigInt(rows.values().copied().collect())),
    ];
    let conflict = "ON CONFLICT (competition_id, kind, name) DO UPDATE SET \
                    count = competition_tallies.count + excluded.count";
    bulk::insert(database.write(), "competition_tallies", columns, conflict).await?;
    Ok(())
}

/// Returns the domains that are kept already for the competitions of new visitors.
async fn known_referrers(
    database: &Database,
    tallies: &[Tally],
) -> Result<HashMap<CompetitionId, HashSet<String>>, InfrastructureError> {
    let visited = tallies
        .iter()
        .filter(|((_, kind, _), _)| *kind == TallyKind::Referrer);
    let ids: HashSet<CompetitionId> = visited.map(|((id, ..), _)| *id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = ids.into_iter().collect();
    let rows: Vec<(CompetitionId, String)> = Entity::find()
        .select_only()
        .columns([Column::CompetitionId, Column::Name])
        .filter(bulk::among(
            database.backend(),
            (Entity, Column::CompetitionId),
            &ids,
        ))
        .filter(Column::Kind.eq(TallyKind::Referrer))
        .into_tuple()
        .all(database.read())
        .await?;
    let mut known: HashMap<_, HashSet<_>> = HashMap::new();
    for (id, name) in rows {
        known.entry(id).or_default().insert(name);
    }
    Ok(known)
}

/// The tallies of one competition, each kind with the most frequent first.
#[derive(Debug, Default)]
pub(super) struct CompetitionTallies {
    pub refusals: Vec<TallyView>,
    pub languages: Vec<TallyView>,
    pub referrers: Vec<TallyView>,
}

/// Returns the tallies of a competition: less than a hundred rows.
pub(super) async fn of_competition(
    database: &Database,
    id: CompetitionId,
) -> Result<CompetitionTallies, InfrastructureError> {
    let rows: Vec<Model> = Entity::find()
        .filter(Column::CompetitionId.eq(id))
        .order_by_desc(Column::Count)
        .order_by_asc(Column::Name)
        .all(database.read())
        .await?;
    let mut tallies = CompetitionTallies::default();
    for row in rows {
        let of_kind = match row.kind {
            TallyKind::Refusal => &mut tallies.refusals,
            TallyKind::Language => &mut tallies.languages,
            TallyKind::Referrer => &mut tallies.referrers,
        };
        of_kind.push(TallyView {
            name: row.name,
            count: u64::try_from(row.count).unwrap_or(0),
        });
    }
    Ok(tallies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded_and_known_tallies_go_on() {
        let (tallies, id) = (Tallies::default(), CompetitionId::new());
        for number in 0..2 * MAX_WAITING {
            tallies.count(id, TallyKind::Referrer, &format!("{number}.example"));
        }
        tallies.count(id, TallyKind::Referrer, "0.example");
        tallies.count(id, TallyKind::Referrer, &"x".repeat(MAX_NAME + 1));
        let waiting = tallies.lock();
        assert_eq!(waiting.len(), MAX_WAITING);
        let first = (id, TallyKind::Referrer, "0.example".to_owned());
        assert_eq!(waiting[&first], 2);
    }
}

//! Reads what is published, from memory while it is true.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::{
    Results, newest_version,
    published::{PageKey, RankChange, StageVersion},
    rank::RankedRow,
};
use crate::{
    domain::{Error, Result, catalog::Computed, changes::Scope, registration::division_names},
    model::{
        CompetitionId, CompetitionView, DELETED_ACCOUNT_NAME, DomainError, OwnStandingView,
        RegistrationId, StageId, StageState, StageView, StandingChangeView, StandingRowView,
        StandingsPart, StandingsView, forms::Paging,
    },
    store::{
        InfrastructureError,
        entity::{stage, standings},
        start_numbers,
    },
};

/// The most differences that a page of standings shows.
const CHANGES_SHOWN: usize = 50;

impl Results {
    /// Returns a page of what is published of a competition that the caller may see.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such stage.
    pub async fn standings(
        &self,
        competition: &CompetitionView,
        part: StandingsPart,
    ) -> Result<Arc<StandingsView>> {
        let StandingsPart {
            stage,
            division,
            paging,
        } = part;
        if competition.results_revision == 0 && stage.is_none() {
            return Ok(Arc::new(nothing(None, paging)));
        }
        let id = competition.id;
        let key = PageKey {
            competition: id,
            stage,
            division,
            page: paging.page,
            per_page: paging.per_page,
        };
        let compute = async || {
            let value = self.read_page(competition, part).await?;
            let texts: usize = value.items.iter().map(|row| row.user_name.len()).sum();
            Ok::<_, Error>(Computed {
                size: 500
                    + texts
                    + value.items.len() * size_of::<StandingRowView>()
                    + value.changes.len() * size_of::<StandingChangeView>(),
                valid_until: value.freezes_at(),
                value,
            })
        };
        let scope = Scope::Competition(id);
        self.0.pages.get_or_compute(key, scope, compute).await
    }

    async fn read_page(
        &self,
        competition: &CompetitionView,
        part: StandingsPart,
    ) -> Result<StandingsView> {
        let stages = self.public_stages(competition).await?;
        let stage = match part.stage {
            Some(id) => Some(
                stages
                    .iter()
                    .find(|stage| stage.id == id)
                    .ok_or(DomainError::NotFound)?,
            ),
            None => stages.iter().rfind(|stage| stage.version > 0),
        };
        let Some(stage) = stage.filter(|stage| stage.version > 0) else {
            return Ok(nothing(stage.cloned(), part.paging));
        };
        let number = i32::try_from(stage.version).unwrap_or(i32::MAX);
        let database = self.0.database.read();
        let version = self.version(database, stage.id, number).await?;
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (total, rows) = version.page(
            part.division,
            number(part.paging.offset()),
            number(part.paging.per_page),
        );
        let changes: Vec<_> = version.changes.iter().take(CHANGES_SHOWN).collect();
        let (items, changes) = self.named(&rows, &changes).await?;
        Ok(StandingsView {
            frozen: is_frozen(stage, self.0.clock.now()),
            items,
            page: part.paging.page,
            per_page: part.paging.per_page,
            total: total as u64,
            changed: version.changed,
            changes,
            stage: Some(stage.clone()),
        })
    }

    /// Adds names to rows and differences.
    async fn named(
        &self,
        rows: &[&RankedRow],
        changes: &[&RankChange],
    ) -> Result<(Vec<StandingRowView>, Vec<StandingChangeView>)> {
        let database = self.0.database.read();
        let ids = rows.iter().map(|row| row.registration);
        let ids: HashSet<_> = ids
            .chain(changes.iter().map(|change| change.registration))
            .collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let people = self.0.participants.rows(&ids).await?;
        let divisions = rows.iter().filter_map(|row| row.division);
        let divisions = division_names(database, divisions).await?;
        let numbers = start_numbers::numbers(database, &ids)
            .await
            .map_err(InfrastructureError::from)?;
        let name = |id: RegistrationId| match people.get(&id) {
            Some(person) => person.user_name.clone(),
            None => DELETED_ACCOUNT_NAME.to_owned(),
        };
        let row = |row: &&RankedRow| StandingRowView {
            registration_id: row.registration,
            user_name: name(row.registration),
            division: row.division.and_then(|id| divisions.get(&id).cloned()),
            start_number: numbers.get(&row.registration).copied(),
            rank: row.rank,
            division_rank: row.division_rank,
            status: row.status,
            value: row.value,
        };
        let change = |change: &&RankChange| StandingChangeView {
            registration_id: change.registration,
            user_name: name(change.registration),
            before: change.before,
            after: change.after,
        };
        Ok((
            rows.iter().map(row).collect(),
            changes.iter().map(change).collect(),
        ))
    }

    /// Returns where a registration is in everything that is published of its competition.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn own(
        &self,
        competition: &CompetitionView,
        registration: RegistrationId,
    ) -> Result<Vec<OwnStandingView>> {
        let stages = self.public_stages(competition).await?;
        let mut own = Vec::new();
        for stage in stages.iter().filter(|stage| stage.version > 0) {
            let number = i32::try_from(stage.version).unwrap_or(i32::MAX);
            let database = self.0.database.read();
            let version = self.version(database, stage.id, number).await?;
            own.extend(
                version
                    .standing_of(registration)
                    .map(|standing| OwnStandingView {
                        competition_id: competition.id,
                        stage: stage.clone(),
                        standing,
                        participants: version.rows.len() as u64,
                    }),
            );
        }
        Ok(own)
    }

    /// Returns the participants with a rank in the official standings of a stage, in their order; `None` if the
    /// competition has no such standings.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub(in crate::domain) async fn official_order(
        &self,
        competition: CompetitionId,
        id: StageId,
    ) -> Result<Option<Vec<RegistrationId>>> {
        let database = self.0.database.read();
        let stage = stage::Entity::find_by_id(id).one(database).await?;
        let official = stage.filter(|stage| {
            stage.competition_id == competition && stage.state == StageState::Official
        });
        let (Some(_), Some(newest)) = (official, newest_version(database, id).await?) else {
            return Ok(None);
        };
        let version = self.version(database, id, newest.version).await?;
        let ranked = version.rows.iter().filter(|row| row.rank.is_some());
        Ok(Some(ranked.map(|row| row.registration).collect()))
    }

    /// Returns a version of the standings of a stage. Many who ask at once wait for one statement.
    pub(super) async fn version<C: ConnectionTrait>(
        &self,
        connection: &C,
        stage: StageId,
        version: i32,
    ) -> Result<Arc<StageVersion>> {
        let key = (stage, version);
        let read = async {
            let row = standings::Entity::find_by_id(key).one(connection).await?;
            let row = row.ok_or(DomainError::NotFound)?;
            let broken = InfrastructureError::internal;
            Ok::<_, Error>(Arc::new(StageVersion::new(
                u64::try_from(row.changed).unwrap_or(0),
                serde_json::from_value(row.rows).map_err(broken)?,
                serde_json::from_value(row.changes).map_err(broken)?,
            )))
        };
        Ok(self.0.versions.try_get_with(key, read).await?)
    }
}

/// Returns whether results that are recorded now are left out of what is published.
fn is_frozen(stage: &StageView, now: DateTime<Utc>) -> bool {
    let begun = stage.freeze_at.is_some_and(|freeze_at| freeze_at <= now);
    begun && stage.state != StageState::Official
}

/// Returns the page of a stage of which nothing is published.
fn nothing(stage: Option<StageView>, paging: Paging) -> StandingsView {
    StandingsView {
        stage,
        frozen: false,
        items: Vec::new(),
        page: paging.page,
        per_page: paging.per_page,
        total: 0,
        changed: 0,
        changes: Vec::new(),
    }
}

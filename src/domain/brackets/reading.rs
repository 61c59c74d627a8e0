//! Shows brackets: those that everybody sees from memory while they are true, drafts to those who work on the
//! competition.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Brackets, facts_of,
    views::{bracket_view, detail_view},
};
use crate::{
    domain::{Actor, Error, Result, catalog::Computed, changes::Scope, permissions},
    model::{
        BracketDetailView, BracketEntrantView, BracketId, BracketStandingView, BracketState,
        BracketView, CompetitionId, CompetitionView, DomainError, MatchView, Permission,
        forms::BRACKETS_MAX,
    },
    store::{InfrastructureError, entity::bracket},
};

impl Brackets {
    /// Returns the brackets of a competition in the order in which they were added: those that everybody sees, and all for
    /// those who work on it.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn list(
        &self,
        competition: &CompetitionView,
        viewer: Option<Actor>,
    ) -> Result<Vec<BracketView>> {
        if self.sees_drafts(competition, viewer).await? {
            return Ok(self.read_list(competition.id).await?);
        }
        if competition.results_revision == 0 {
            return Ok(Vec::new());
        }
        let id = competition.id;
        let compute = async || {
            let mut value = self.read_list(id).await?;
            value.retain(|bracket| bracket.state == BracketState::Published);
            Ok::<_, Error>(Computed {
                size: value.len() * size_of::<BracketView>() * 2,
                value,
                valid_until: None,
            })
        };
        let lists = &self.0.lists;
        let list = lists.get_or_compute(id, Scope::Competition(id), compute);
        Ok(list.await?.to_vec())
    }

    /// Returns all brackets of a competition, for those who record results.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn all(&self, actor: Actor, id: CompetitionId) -> Result<Vec<BracketView>> {
        self.permitted(actor, id).await?;
        Ok(self.read_list(id).await?)
    }

    /// Returns the competition of a bracket.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`].
    pub async fn competition_of(&self, id: BracketId) -> Result<CompetitionId> {
        Ok(self.row(id).await?.competition_id)
    }

    /// Returns a bracket of a competition that the viewer may see.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the competition has no such bracket, or if it is a draft that is not for the
    /// viewer.
    pub async fn detail(
        &self,
        competition: &CompetitionView,
        id: BracketId,
        viewer: Option<Actor>,
    ) -> Result<Arc<BracketDetailView>> {
        if self.sees_drafts(competition, viewer).await? {
            let row = self.row(id).await?;
            if row.competition_id != competition.id {
                return Err(DomainError::NotFound.into());
            }
            return Ok(Arc::new(self.read_detail(row).await?));
        }
        if competition.results_revision == 0 {
            return Err(DomainError::NotFound.into());
        }
        let compute = async || {
            // What is kept is public, and follows the changes of this competition.
            let row = self.row(id).await?;
            if !is_public(&bracket_view(&row), competition.id) {
                return Err(Error::from(DomainError::NotFound));
            }
            let value = self.read_detail(row).await?;
            let names: usize = value.entrants.iter().map(|it| it.user_name.len()).sum();
            Ok::<_, Error>(Computed {
                size: names
                    + value.entrants.len() * size_of::<BracketEntrantView>()
                    + value.matches.len() * size_of::<MatchView>()
                    + value.standings.len() * size_of::<BracketStandingView>(),
                value,
                valid_until: None,
            })
        };
        let scope = Scope::Competition(competition.id);
        let found = self.0.details.get_or_compute(id, scope, compute).await?;
        match is_public(&found.bracket, competition.id) {
            true => Ok(found),
            false => Err(DomainError::NotFound.into()),
        }
    }

    async fn sees_drafts(
        &self,
        competition: &CompetitionView,
        viewer: Option<Actor>,
    ) -> Result<bool> {
        let Some(viewer) = viewer else {
            return Ok(false);
        };
        let database = self.0.database.read();
        let (id, owner) = (competition.id, competition.organizer_id);
        let role = permissions::role_of(database, viewer, id, owner).await?;
        Ok(permissions::check(role, Permission::SeeOverview).is_ok())
    }

    async fn read_list(&self, id: CompetitionId) -> Result<Vec<BracketView>, InfrastructureError> {
        let rows = bracket::Entity::find()
            .filter(bracket::Column::CompetitionId.eq(id))
            .order_by_asc(bracket::Column::Id)
            .limit(BRACKETS_MAX as u64)
            .all(self.0.database.read())
            .await?;
        Ok(rows.iter().map(bracket_view).collect())
    }

    async fn read_detail(&self, row: bracket::Model) -> Result<BracketDetailView> {
        let facts = facts_of(self.0.database.read(), row).await?;
        let entrants = facts.entrants.iter();
        let ids: Vec<_> = entrants.filter_map(|it| it.registration).collect();
        let people = self.0.participants.rows(&ids).await?;
        let names = people.into_iter().map(|(id, row)| (id, row.user_name));
        Ok(detail_view(&facts, &names.collect::<HashMap<_, _>>()))
    }
}

/// Returns whether everybody who sees this competition sees the bracket there.
fn is_public(bracket: &BracketView, competition: CompetitionId) -> bool {
    bracket.competition_id == competition && bracket.state == BracketState::Published
}

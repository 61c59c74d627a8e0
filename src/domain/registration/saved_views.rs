//! The saved views of the list of a competition's participants, which its staff share.
//!
//! A saved view keeps what it shows for ever: it can be renamed and deleted, but not changed. So an announcement to
//! those whom it shows needs no row of it when it is sent (`view_audience.rs`).

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{organizer_list::visible_filter, service::Registrations, view_audience::view_of};
use crate::{
    domain::{Actor, Error, Result},
    model::{
        CompetitionId, DomainError, Permission, SavedView, SavedViewId,
        forms::{FieldErrors, FieldProblem, SavedViewInput, SavedViewPatch},
    },
    store::{
        ErrorKind, InfrastructureError,
        entity::{
            competition,
            saved_view::{ActiveModel, Column, Entity, Model},
        },
    },
};

/// The most saved views of one competition.
pub const MOST: u64 = 20;

impl Registrations {
    /// Returns the saved views of a competition in the order of their names, for those of its staff who see
    /// participants.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, and [`DomainError::Forbidden`] if `actor`
    /// does not see its participants.
    pub async fn saved_views(
        &self,
        actor: Actor,
        competition: CompetitionId,
    ) -> Result<Vec<SavedView>> {
        let needed = Permission::SeePeople;
        let (_, role) = self.permitted(actor, competition, needed).await?;
        let rows = Entity::find()
            .filter(Column::CompetitionId.eq(competition))
            .order_by_asc(Column::NameKey)
            .limit(MOST)
            .all(self.database.read())
            .await?;
        let views = rows.into_iter().map(|row| {
            let view = view_of(row);
            SavedView {
                sort: visible_filter(role, &view.filter()).sort,
                ..view
            }
        });
        Ok(views.collect())
    }

    /// Saves a view of the participants of a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if `actor` does
    /// not manage its participants, and [`DomainError::Invalid`] if a field is out of bounds, the name is taken, or the
    /// competition has [`MOST`] saved views.
    pub async fn save_view(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: SavedViewInput,
    ) -> Result<SavedView> {
        self.may_run(actor, competition).await?;
        let input = input.check()?;
        let row = Model {
            id: SavedViewId::new(),
            competition_id: competition,
            name_key: key_of(&input.name),
            name: input.name,
            search: input.search,
            status: input.status.map(|status| status.to_string()),
            language: input.language.map(|language| language.tag().to_owned()),
            checked_in: input.checked_in,
            sort: input.sort.map(|sort| sort.to_string()),
            created_at: self.clock.now(),
        };
        let transaction = self.database.begin().await?;
        // Views of one competition are saved in turns, so that their number is right.
        if !competition::Entity::lock(&transaction, competition).await? {
            return Err(DomainError::NotFound.into());
        }
        let of_competition = Entity::find().filter(Column::CompetitionId.eq(competition));
        if of_competition.count(&transaction).await? >= MOST {
            let problem = FieldProblem::TooManyViews(MOST);
            return Err(FieldErrors::one("name", problem).into());
        }
        Entity::insert(ActiveModel {
            id: Set(row.id),
            competition_id: Set(row.competition_id),
            name: Set(row.name.clone()),
            name_key: Set(row.name_key.clone()),
            search: Set(row.search.clone()),
            status: Set(row.status.clone()),
            language: Set(row.language.clone()),
            checked_in: Set(row.checked_in),
            sort: Set(row.sort.clone()),
            created_at: Set(row.created_at),
        })
        .exec_without_returning(&transaction)
        .await
        .map_err(name_taken)?;
        transaction.commit().await?;
        Ok(view_of(row))
    }

    /// Gives a saved view another name.
    ///
    /// # Errors
    /// Returns the errors of [`save_view`](Self::save_view), and [`DomainError::NotFound`] also if the competition has
    /// no such saved view.
    pub async fn rename_view(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: SavedViewId,
        patch: &SavedViewPatch,
    ) -> Result<SavedView> {
        self.may_run(actor, competition).await?;
        let row = self.saved_view(competition, id).await?;
        let name = patch.check()?;
        let key = key_of(&name);
        let renamed = Entity::update_many()
            .col_expr(Column::Name, Expr::value(name.clone()))
            .col_expr(Column::NameKey, Expr::value(key.clone()))
            .filter(Column::Id.eq(id))
            .exec(self.database.write())
            .await
            .map_err(name_taken)?;
        match renamed.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(view_of(Model {
                name,
                name_key: key,
                ..row
            })),
        }
    }

    /// Deletes a saved view. Announcements to those whom it shows keep their audience.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such saved view of the competition, and
    /// [`DomainError::Forbidden`] if `actor` does not manage its participants.
    pub async fn delete_view(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: SavedViewId,
    ) -> Result<()> {
        self.may_run(actor, competition).await?;
        let deleted = Entity::delete_by_id(id)
            .filter(Column::CompetitionId.eq(competition))
            .exec(self.database.write())
            .await?;
        match deleted.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }

    async fn saved_view(&self, competition: CompetitionId, id: SavedViewId) -> Result<Model> {
        let row = Entity::find_by_id(id)
            .filter(Column::CompetitionId.eq(competition))
            .one(self.database.read())
            .await?;
        Ok(row.ok_or(DomainError::NotFound)?)
    }
}

/// Returns a name as it is compared with others.
fn key_of(name: &str) -> String {
    name.to_lowercase()
}

fn name_taken(error: sea_orm::DbErr) -> Error {
    let error = InfrastructureError::from(error);
    match error.kind() {
        ErrorKind::Duplicate => FieldErrors::one("name", FieldProblem::ViewNameTaken).into(),
        _ => error.into(),
    }
}

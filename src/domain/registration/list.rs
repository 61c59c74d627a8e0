//! Looking at registrations.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, Select,
    sea_query::{CaseStatement, Expr, ExprTrait, Func, Order},
};

use super::Registrations;
use crate::{
    domain::{Actor, Result, competitions},
    model::{
        CompetitionId, CompetitionView, Page, Refusal, RegistrationId, RegistrationStatus,
        RegistrationView,
        forms::{Paging, RegistrationFilter},
    },
    store::entity::{competition, registration, user},
};

/// A registration with the competition it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// It.
    pub registration: RegistrationView,
    /// Where.
    pub competition: CompetitionView,
}

impl Registrations {
    /// `actor`'s own: live ones of what is to come first (soonest first), then the rest.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn mine(&self, actor: Actor, paging: Paging) -> Result<Page<Entry>> {
        let mine = registration::Entity::find().filter(registration::Column::UserId.eq(actor.id));
        let mine = with_competition(mine).filter(competition::Column::DeletedAt.is_null());
        let total = mine.clone().count(self.database.read()).await?;
        let now = self.clock.now();
        let starts_at = || Expr::col((competition::Entity, competition::Column::StartsAt));
        let behind = CaseStatement::new()
            .case(
                starts_at().gte(now).and(
                    registration::Column::Status
                        .into_expr()
                        .ne(RegistrationStatus::Cancelled),
                ),
                0,
            )
            .finally(1);
        let rows = mine
            .order_by(Expr::expr(behind), Order::Asc)
            .order_by(starts_at(), Order::Asc)
            .order_by_desc(registration::Column::RegisteredAt)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        for (registration, competition) in rows {
            items.push(self.entry(registration, competition).await?);
        }
        Ok(Page {
            items,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// `actor`'s live registration in a competition.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn live(
        &self,
        actor: Actor,
        competition: CompetitionId,
    ) -> Result<Option<RegistrationView>> {
        let row = registration::Entity::find()
            .filter(registration::Column::UserId.eq(actor.id))
            .filter(registration::Column::CompetitionId.eq(competition))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .one(self.database.read())
            .await?;
        match row {
            Some(row) => Ok(Some(self.view(row).await?)),
            None => Ok(None),
        }
    }

    /// One: its holder's, or the organizer's who runs the competition.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none, or it is not theirs to see.
    pub async fn get(&self, actor: Actor, id: RegistrationId) -> Result<Entry> {
        let (registration, competition) = with_competition(registration::Entity::find_by_id(id))
            .filter(competition::Column::DeletedAt.is_null())
            .one(self.database.read())
            .await?
            .ok_or(Refusal::NotFound)?;
        let organizer = competition.as_ref().map(|c| c.organizer_id);
        let may_see = actor.owns(registration.user_id)
            || organizer.is_some_and(|organizer| actor.runs(organizer));
        if !may_see {
            return Err(Refusal::NotFound.into());
        }
        self.entry(registration, competition).await
    }

    /// Everyone in a competition, for its organizer, with names and addresses; those with seats
    /// first, then the queue in its order.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or [`Refusal::Forbidden`] if it is somebody else's.
    pub async fn of_competition(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: &RegistrationFilter,
        paging: Paging,
    ) -> Result<Page<RegistrationView>> {
        let competition = competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or(Refusal::NotFound)?;
        actor.must_run(competition.organizer_id)?;
        let query = filtered(id, filter);
        let total = query.clone().count(self.database.read()).await?;
        let rows: Vec<(registration::Model, Option<user::Model>)> = query
            .select_also(user::Entity)
            .order_by(
                Expr::expr(
                    CaseStatement::new()
                        .case(
                            registration::Column::Status.is_in([
                                RegistrationStatus::Pending,
                                RegistrationStatus::Confirmed,
                            ]),
                            0,
                        )
                        .case(
                            registration::Column::Status.eq(RegistrationStatus::Waitlisted),
                            1,
                        )
                        .finally(2),
                ),
                Order::Asc,
            )
            .order_by_asc(registration::Column::WaitlistSeq)
            .order_by_asc(registration::Column::RegisteredAt)
            .order_by_asc(registration::Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        for (row, user) in rows {
            let mut view = self.view(row).await?;
            view.user_name = user.as_ref().map(|u| u.name.clone());
            view.user_email = user.map(|u| u.email);
            items.push(view);
        }
        Ok(Page {
            items,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    async fn entry(
        &self,
        registration: registration::Model,
        competition: Option<competition::Model>,
    ) -> Result<Entry> {
        let competition = competition.ok_or(Refusal::NotFound)?;
        let competition = competitions::view(self.database.read(), competition).await?;
        let mut registration = self.view(registration).await?;
        registration.competition_title = Some(competition.title.clone());
        Ok(Entry {
            registration,
            competition,
        })
    }

    async fn view(&self, row: registration::Model) -> Result<RegistrationView> {
        let waitlist_position = match (row.status, row.waitlist_seq) {
            (RegistrationStatus::Waitlisted, Some(seq)) => {
                let ahead = registration::Entity::find()
                    .filter(registration::Column::CompetitionId.eq(row.competition_id))
                    .filter(registration::Column::Status.eq(RegistrationStatus::Waitlisted))
                    .filter(registration::Column::WaitlistSeq.lt(seq))
                    .count(self.database.read())
                    .await?;
                Some(u32::try_from(ahead + 1).unwrap_or(u32::MAX))
            }
            _ => None,
        };
        Ok(RegistrationView {
            registration_id: row.id,
            user_id: row.user_id,
            competition_id: row.competition_id,
            status: row.status,
            registered_at: row.registered_at,
            waitlist_position,
            competition_title: None,
            user_name: None,
            user_email: None,
        })
    }
}

fn with_competition(
    query: Select<registration::Entity>,
) -> sea_orm::SelectTwo<registration::Entity, competition::Entity> {
    query.find_also_related(competition::Entity)
}

fn filtered(id: CompetitionId, filter: &RegistrationFilter) -> Select<registration::Entity> {
    let mut query = registration::Entity::find()
        .join(JoinType::InnerJoin, registration::Relation::User.def())
        .filter(registration::Column::CompetitionId.eq(id));
    if let Some(status) = filter.status {
        query = query.filter(registration::Column::Status.eq(status));
    }
    for word in competitions::words(filter.search.as_deref()) {
        let holds = |column| {
            Expr::expr(Func::lower(Expr::col((user::Entity, column))))
                .like(competitions::contains(&word))
        };
        query = query.filter(
            Condition::any()
                .add(holds(user::Column::Name))
                .add(holds(user::Column::Email)),
        );
    }
    query
}

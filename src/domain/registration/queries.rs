//! Queries of registrations, for their participants.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Alias, CaseStatement, Expr, ExprTrait, Order, Query},
};

use super::{answers::stored_answers, service::Registrations};
use crate::{
    domain::{Actor, Result, competitions, permissions},
    model::{
        CompetitionId, DivisionId, DomainError, OwnRegistrationView, Page, Permission,
        RegistrationId, RegistrationStatus, RegistrationView, StaffRole, UserId, forms::Paging,
    },
    store::{
        Database, InfrastructureError, bulk, check_ins,
        entity::{competition, division, registration},
        start_numbers,
    },
};

impl Registrations {
    /// Returns a page of `actor`'s own registrations: live ones of future competitions first, the soonest
    /// at the top, then the rest.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn mine(&self, actor: Actor, paging: Paging) -> Result<Page<OwnRegistrationView>> {
        let mine = registration::Entity::find().filter(registration::Column::UserId.eq(actor.id));
        let mine = join_competition(mine).filter(competition::Column::DeletedAt.is_null());
        let total = mine.clone().count(self.database.read()).await?;
        let now = self.clock.now();
        let starts_at = || Expr::col((competition::Entity, competition::Column::StartsAt));
        let group = CaseStatement::new()
            .case(starts_at().gte(now).and(registration::is_live()), 0)
            .finally(1);
        let rows = mine
            .order_by(Expr::expr(group), Order::Asc)
            .order_by(starts_at(), Order::Asc)
            .order_by_desc(registration::Column::RegisteredAt)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        let ids: Vec<_> = rows.iter().map(|(row, _)| row.id).collect();
        let checked_in = self.checked_in(&ids).await?;
        let numbers = self.start_numbers(&ids).await?;
        for (registration, competition) in rows {
            let mut own = self.with_competition(registration, competition).await?;
            let id = own.registration.registration_id;
            own.registration.checked_in_at = checked_in.get(&id).copied();
            own.registration.start_number = numbers.get(&id).copied();
            items.push(own);
        }
        Ok(Page {
            items,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns `actor`'s live registration in a competition, if there is one.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn live(
        &self,
        actor: Actor,
        competition: CompetitionId,
    ) -> Result<Option<RegistrationView>> {
        let row = registration::Entity::find()
            .filter(registration::Column::UserId.eq(actor.id))
            .filter(registration::Column::CompetitionId.eq(competition))
            .filter(registration::is_live())
            .one(self.database.read())
            .await?;
        match row {
            Some(row) => Ok(Some(self.view(row).await?)),
            None => Ok(None),
        }
    }

    /// Returns a registration, for its participant or the organizer of its competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration or `actor` is neither.
    pub async fn get(&self, actor: Actor, id: RegistrationId) -> Result<OwnRegistrationView> {
        let (registration, competition) = join_competition(registration::Entity::find_by_id(id))
            .filter(competition::Column::DeletedAt.is_null())
            .one(self.database.read())
            .await?
            .ok_or(DomainError::NotFound)?;
        self.must_see(actor, registration.user_id, competition.as_ref())
            .await?;
        let mut own = self.with_competition(registration, competition).await?;
        own.registration.checked_in_at = self.checked_in(&[id]).await?.remove(&id);
        own.registration.start_number = self.start_numbers(&[id]).await?.remove(&id);
        Ok(own)
    }

    /// Returns the start number of each of these registrations that has one.
    async fn start_numbers(
        &self,
        ids: &[RegistrationId],
    ) -> Result<HashMap<RegistrationId, u32>, InfrastructureError> {
        Ok(start_numbers::numbers(self.database.read(), ids).await?)
    }

    /// Returns when each of these registrations was checked in, if it was.
    async fn checked_in(
        &self,
        ids: &[RegistrationId],
    ) -> Result<HashMap<RegistrationId, DateTime<Utc>>, InfrastructureError> {
        Ok(check_ins::times(self.database.read(), ids).await?)
    }

    /// Checks that `actor` owns a registration, or may see the participants of its competition with their addresses.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if neither is so.
    pub(super) async fn must_see(
        &self,
        actor: Actor,
        participant: UserId,
        competition: Option<&competition::Model>,
    ) -> Result<()> {
        if actor.owns(participant) {
            return Ok(());
        }
        let row = competition.ok_or(DomainError::NotFound)?;
        let database = self.database.read();
        let role = permissions::role_of(database, actor, row.id, row.organizer_id).await?;
        let seen = permissions::check(role, Permission::SeeContacts);
        Ok(seen
            .map(|_| ())
            .map_err(|_forbidden| DomainError::NotFound)?)
    }

    /// Checks that `actor` may manage the participants of a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, and [`DomainError::Forbidden`] if
    /// `actor` may not.
    pub(in crate::domain) async fn may_run(&self, actor: Actor, id: CompetitionId) -> Result<()> {
        self.run_by(actor, id).await.map(|_| ())
    }

    /// Returns the divisions of a competition by name, if `actor` may manage its participants. There are none if it is not
    /// divided.
    ///
    /// # Errors
    /// Returns the errors of [`may_run`](Self::may_run).
    pub(in crate::domain) async fn divisions_to_choose(
        &self,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<Vec<(String, DivisionId)>> {
        use division::Column;
        if !self.run_by(actor, id).await?.has_divisions {
            return Ok(Vec::new());
        }
        Ok(division::Entity::find()
            .select_only()
            .columns([Column::Name, Column::Id])
            .filter(Column::CompetitionId.eq(id))
            .filter(Column::RemovedAt.is_null())
            .into_tuple()
            .all(self.database.read())
            .await?)
    }

    /// Returns a competition, if `actor` may manage its participants.
    pub(super) async fn run_by(
        &self,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<competition::Model> {
        let (row, _) = self.permitted(actor, id, Permission::ManagePeople).await?;
        Ok(row)
    }

    /// Returns a competition and the role of `actor` in it, if the role permits this. Writes an access that is refused
    /// to the audit log.
    pub(super) async fn permitted(
        &self,
        actor: Actor,
        id: CompetitionId,
        permission: Permission,
    ) -> Result<(competition::Model, StaffRole)> {
        permissions::permitted(&self.database, &self.audit, actor, id, permission).await
    }

    /// Returns the views of a registration and its competition.
    async fn with_competition(
        &self,
        registration: registration::Model,
        competition: Option<competition::Model>,
    ) -> Result<OwnRegistrationView> {
        let competition = competition.ok_or(DomainError::NotFound)?;
        let competition =
            competitions::view(self.database.read(), competition, self.clock.now()).await?;
        let mut registration = self.view(registration).await?;
        registration.competition_title = Some(competition.title.clone());
        Ok(OwnRegistrationView {
            registration,
            competition,
        })
    }

    /// Returns the view of a row, with its waitlist position.
    async fn view(&self, row: registration::Model) -> Result<RegistrationView> {
        let names = division_names(self.database.read(), row.division_id).await?;
        let waitlist_position = match (row.status, row.waitlist_seq) {
            (RegistrationStatus::Waitlisted, Some(seq)) => {
                let line = match row.division_id {
                    Some(division) => registration::Column::DivisionId.eq(division),
                    None => registration::Column::CompetitionId.eq(row.competition_id),
                };
                let ahead = registration::Entity::find()
                    .filter(line)
                    .filter(registration::Column::Status.eq(RegistrationStatus::Waitlisted))
                    .filter(registration::Column::WaitlistSeq.lt(seq))
                    .count(self.database.read())
                    .await?;
                Some(u32::try_from(ahead + 1).unwrap_or(u32::MAX))
            }
            _ => None,
        };
        let answers = stored_answers(&row);
        Ok(RegistrationView {
            answers,
            ..to_view(row, &names, waitlist_position)
        })
    }
}

/// The names of divisions.
pub(in crate::domain) type DivisionNames = HashMap<DivisionId, String>;

/// Returns the names of divisions. Where registrations are in none, there is no statement.
pub(in crate::domain) async fn division_names<C: ConnectionTrait>(
    connection: &C,
    divisions: impl IntoIterator<Item = DivisionId>,
) -> Result<DivisionNames, InfrastructureError> {
    use division::Column;
    let ids: Vec<_> = HashSet::<DivisionId>::from_iter(divisions)
        .into_iter()
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let id = (division::Entity, Column::Id);
    let names: Vec<(DivisionId, String)> = division::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(bulk::among(connection.get_database_backend(), id, &ids))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(names.into_iter().collect())
}

/// A registration on the waitlist whose position is looked up.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct WaitlistEntry {
    pub id: RegistrationId,
    pub seq: i64,
    pub division: Option<DivisionId>,
}

impl WaitlistEntry {
    /// Returns the entry of a registration, if it is waitlisted.
    pub(in crate::domain) fn of(row: &registration::Model) -> Option<Self> {
        let is_waiting = row.status == RegistrationStatus::Waitlisted;
        let seq = row.waitlist_seq.filter(|_| is_waiting)?;
        Some(Self {
            id: row.id,
            seq,
            division: row.division_id,
        })
    }
}

/// Returns the positions of waitlisted registrations, each among those for the same division. One statement reads the
/// waitlist up to the last of them.
pub(in crate::domain) async fn waitlist_positions(
    database: &Database,
    competition: CompetitionId,
    waitlisted: &[WaitlistEntry],
) -> Result<HashMap<RegistrationId, u32>, InfrastructureError> {
    use registration::Column;
    let Some(last) = waitlisted.iter().map(|entry| entry.seq).max() else {
        return Ok(HashMap::new());
    };
    let ids: Vec<_> = waitlisted.iter().map(|entry| entry.id).collect();
    let row_number = match waitlisted.iter().any(|entry| entry.division.is_some()) {
        true => "ROW_NUMBER() OVER (PARTITION BY division_id ORDER BY waitlist_seq)",
        false => "ROW_NUMBER() OVER (ORDER BY waitlist_seq)",
    };
    let (waitlist, position) = (Alias::new("waitlist"), Alias::new("position"));
    let mut numbered = Query::select();
    numbered
        .column(Column::Id)
        .expr_as(Expr::cust(row_number), position.clone())
        .from(registration::Entity)
        .and_where(Column::CompetitionId.into_expr().eq(competition))
        .and_where(
            Column::Status
                .into_expr()
                .eq(RegistrationStatus::Waitlisted),
        )
        .and_where(Column::WaitlistSeq.into_expr().lte(last));
    let mut query = Query::select();
    query
        .columns([Alias::new("id"), position])
        .from_subquery(numbered, waitlist.clone())
        .and_where(bulk::among(
            database.backend(),
            (waitlist, Alias::new("id")),
            &ids,
        ));
    let statement = database.backend().build(&query);
    let rows = database.read().query_all_raw(statement).await?;
    let mut positions = HashMap::with_capacity(rows.len());
    for row in rows {
        let position: i64 = row.try_get("", "position")?;
        positions.insert(
            row.try_get("", "id")?,
            u32::try_from(position).unwrap_or(u32::MAX),
        );
    }
    Ok(positions)
}

/// Returns the view of a row with the name of its division and its waitlist position, without answers.
pub(in crate::domain) fn to_view(
    row: registration::Model,
    names: &DivisionNames,
    waitlist_position: Option<u32>,
) -> RegistrationView {
    RegistrationView {
        registration_id: row.id,
        user_id: row.user_id,
        competition_id: row.competition_id,
        status: row.status,
        registered_at: row.registered_at,
        division_id: row.division_id,
        division_name: row.division_id.and_then(|id| names.get(&id).cloned()),
        waitlist_position,
        start_number: None,
        checked_in_at: None,
        answers: None,
        ticket_code: None,
        competition_title: None,
        user_name: None,
        user_email: None,
    }
}

fn join_competition(
    query: Select<registration::Entity>,
) -> sea_orm::SelectTwo<registration::Entity, competition::Entity> {
    query.find_also_related(competition::Entity)
}

//! Who is expected and who is there, for the pages.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::time::Instant;

use super::CheckIns;
use crate::{
    domain::{
        Actor, Result,
        registration::{complete_roster, division_names},
    },
    model::{
        CheckInCounts, CompetitionId, ExpectedPersonView, RegistrationId, forms::Paging,
        parse_ticket_number,
    },
    store::{
        InfrastructureError, account_names, bulk, check_ins,
        entity::{check_in, competition, registration, user},
        roster::{
            Attendance, RosterOrder, RosterQuery, RosterStart, SearchedText, resolve_terms,
            ticket_word,
        },
        start_numbers,
    },
};

/// How many people a search shows.
const FOUND: u64 = 20;
/// How many people are shown who came last.
const NEWEST: u64 = 10;
/// How many people are on a page of the list that is printed.
const PRINTED: u64 = 500;

impl CheckIns {
    /// Returns how many of those with a seat are there.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) or
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden).
    pub async fn counts(&self, actor: Actor, id: CompetitionId) -> Result<CheckInCounts> {
        let competition = self.permitted(actor, id).await?;
        Ok(self.read_counts(&competition).await?)
    }

    /// Works like [`counts`](Self::counts); the numbers are at most a second old, and shared by those who watch them.
    ///
    /// # Errors
    /// Returns the errors of [`counts`](Self::counts).
    pub async fn recent_counts(&self, actor: Actor, id: CompetitionId) -> Result<CheckInCounts> {
        let competition = self.permitted(actor, id).await?;
        if let Some(counts) = self.0.counts.get(id) {
            return Ok(counts);
        }
        let begun = Instant::now();
        let counts = self.read_counts(&competition).await?;
        self.0.counts.keep(id, begun, counts);
        Ok(counts)
    }

    async fn read_counts(
        &self,
        competition: &competition::Model,
    ) -> Result<CheckInCounts, InfrastructureError> {
        let database = self.0.database.read();
        Ok(CheckInCounts {
            checked_in: check_ins::count(database, competition.id).await?,
            expected: u64::try_from(competition.capacity - competition.seats_left).unwrap_or(0),
        })
    }

    /// Returns those with a seat who are found by their name, or by the number on their ticket. E-mail addresses find
    /// nobody.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) or
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden).
    pub async fn search(
        &self,
        actor: Actor,
        id: CompetitionId,
        search: &str,
    ) -> Result<Vec<ExpectedPersonView>> {
        self.permitted(actor, id).await?;
        complete_roster(&self.0.database, id).await?;
        let database = &self.0.database;
        let searched = SearchedText::Names;
        let mut terms = resolve_terms(database.read(), id, search, searched)
            .await
            .map_err(InfrastructureError::from)?;
        if let Some(number) = parse_ticket_number(search) {
            let numbered = self.by_word(id, &ticket_word(&number)).await?;
            if !numbered.is_empty() {
                return self.people(&numbered).await;
            }
        }
        // A search without words would list everybody.
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        terms.truncate(8);
        let query = RosterQuery {
            competition: id,
            status: None,
            language: None,
            attendance: Some(Attendance::Expected),
            terms: &terms,
            order: RosterOrder::Name,
            descending: false,
            start: RosterStart::Offset(0),
            limit: FOUND,
        };
        let page = query.read(database).await;
        let page = page.map_err(InfrastructureError::from)?;
        self.people(&page.ids).await
    }

    /// Returns a page of everybody with a seat, by name, and whether another page follows.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) or
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden).
    pub async fn expected(
        &self,
        actor: Actor,
        id: CompetitionId,
        page: u64,
    ) -> Result<(Vec<ExpectedPersonView>, bool)> {
        self.permitted(actor, id).await?;
        complete_roster(&self.0.database, id).await?;
        let paging = Paging {
            page: page.clamp(1, Paging::LAST_PAGE),
            per_page: PRINTED,
        };
        let query = RosterQuery {
            competition: id,
            status: None,
            language: None,
            attendance: Some(Attendance::Expected),
            terms: &[],
            order: RosterOrder::Name,
            descending: false,
            start: RosterStart::Offset(paging.offset()),
            limit: PRINTED + 1,
        };
        let found = query.read(&self.0.database).await;
        let mut ids = found.map_err(InfrastructureError::from)?.ids;
        let has_next = ids.len() as u64 > PRINTED;
        ids.truncate(usize::try_from(PRINTED).unwrap_or(usize::MAX));
        Ok((self.people(&ids).await?, has_next))
    }

    /// Returns those who were checked in last, the newest first.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) or
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden).
    pub async fn newest(&self, actor: Actor, id: CompetitionId) -> Result<Vec<ExpectedPersonView>> {
        use check_in::Column;
        self.permitted(actor, id).await?;
        let ids: Vec<RegistrationId> = check_in::Entity::find()
            .select_only()
            .column(Column::RegistrationId)
            .filter(Column::CompetitionId.eq(id))
            .filter(Column::UndoneAt.is_null())
            .order_by_desc(Column::At)
            .limit(NEWEST)
            .into_tuple()
            .all(self.0.database.read())
            .await?;
        self.people(&ids).await
    }

    async fn by_word(&self, id: CompetitionId, word: &str) -> Result<Vec<RegistrationId>> {
        let of_words = self.0.named.words(id, [word.to_owned()]).await?;
        Ok(of_words.into_iter().map(|(_, id)| id).collect())
    }

    /// Reads people, in the order of their ids.
    async fn people(&self, ids: &[RegistrationId]) -> Result<Vec<ExpectedPersonView>> {
        use registration::Column;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let database = &self.0.database;
        let (backend, read) = (database.backend(), database.read());
        let registration = (registration::Entity, Column::Id);
        let rows: Vec<(registration::Model, Option<user::Model>)> = registration::Entity::find()
            .find_also_related(user::Entity)
            .filter(bulk::among(backend, registration, ids))
            .all(read)
            .await?;
        let names =
            division_names(read, rows.iter().filter_map(|(row, _)| row.division_id)).await?;
        let checked_in = (check_in::Entity, check_in::Column::RegistrationId);
        let checked_in: Vec<check_in::Model> = check_in::Entity::find()
            .filter(bulk::among(backend, checked_in, ids))
            .filter(check_in::Column::UndoneAt.is_null())
            .all(read)
            .await?;
        let helpers = checked_in.iter().filter_map(|row| row.by).collect();
        let helpers = account_names::names(read, helpers)
            .await
            .map_err(InfrastructureError::from)?;
        let checked_in: HashMap<_, _> = checked_in
            .into_iter()
            .map(|row| {
                let by = row.by.and_then(|by| helpers.get(&by).cloned());
                (row.registration_id, (row.at, by.unwrap_or_default()))
            })
            .collect();
        let numbers = start_numbers::numbers(read, ids)
            .await
            .map_err(InfrastructureError::from)?;
        let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.0.id, row)).collect();
        let people = ids.iter().filter_map(|id| {
            let (row, user) = rows.remove(id)?;
            row.status.holds_seat().then(|| ExpectedPersonView {
                registration_id: *id,
                user_name: user.map(|user| user.name).unwrap_or_default(),
                division: row.division_id.and_then(|id| names.get(&id).cloned()),
                start_number: numbers.get(id).copied(),
                checked_in: checked_in.get(id).cloned(),
            })
        });
        Ok(people.collect())
    }
}

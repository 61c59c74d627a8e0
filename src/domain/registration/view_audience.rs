//! Announcements to those whom a saved view shows.
//!
//! | when | what |
//! | --- | --- |
//! | the announcement is written | it keeps the filter of the view, so that the view can be deleted |
//! | its sending begins | the words of the filter are resolved, once: a typing error is corrected for all pages alike |
//! | a page of its messages is written | the live registrations of the page are compared with the filter |
//!
//! A page compares a bounded number of registrations, in the order in which they were registered. It first writes
//! those of their roster entries that are missing or out of date, in the same transaction. So everyone who is
//! registered and whom the filter shows gets the message, and gets it once.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{ExprTrait, SimpleExpr},
};
use serde::{Deserialize, Serialize};

use super::roster_updates::complete_roster;
use crate::{
    domain::Result,
    model::{
        CompetitionId, Language, RecipientCount, RegistrationId, RegistrationStatus, SavedView,
        SavedViewId,
        forms::{COUNTED_REGISTRATIONS, FieldErrors, FieldProblem, RegistrationFilter},
    },
    store::{
        Database, InfrastructureError, Transaction, bulk, check_ins,
        entity::{registration, saved_view},
        roster::{
            self, Attendance, RosterOrder, RosterQuery, RosterStart, RosterTerm, SearchedText,
        },
    },
};

/// The statuses of registrations that get announcements.
const LIVE: [RegistrationStatus; 3] = [
    RegistrationStatus::Pending,
    RegistrationStatus::Confirmed,
    RegistrationStatus::Waitlisted,
];

/// The statuses of registrations that hold a seat.
const SEATED: [RegistrationStatus; 2] =
    [RegistrationStatus::Pending, RegistrationStatus::Confirmed];

/// What a saved view shows, as an announcement keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::domain) struct ViewAudience {
    filter: RegistrationFilter,
    /// The registrations that were chosen in the list, in the place of a filter.
    chosen: Vec<RegistrationId>,
    /// The words of the filter, once the sending has begun.
    terms: Option<Vec<RosterTerm>>,
}

impl ViewAudience {
    /// Returns the saved view of a competition with this id, as the audience of an announcement.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::model::DomainError::Invalid) if the competition has none.
    pub(in crate::domain) async fn of(
        database: &Database,
        competition: CompetitionId,
        id: Option<SavedViewId>,
    ) -> Result<(SavedView, Self)> {
        let row = match id {
            Some(id) => {
                let of_competition = saved_view::Column::CompetitionId.eq(competition);
                let found = saved_view::Entity::find_by_id(id).filter(of_competition);
                found.one(database.read()).await?
            }
            None => None,
        };
        let unknown = || FieldErrors::one("viewId", FieldProblem::UnknownView);
        let view = view_of(row.ok_or_else(unknown)?);
        let filter = RegistrationFilter {
            sort: None,
            ..view.filter()
        };
        Ok((
            view,
            Self {
                filter,
                ..Self::default()
            },
        ))
    }

    /// Returns those who were chosen in the list of participants as an audience.
    pub(in crate::domain) fn chosen(registrations: Vec<RegistrationId>) -> Self {
        Self {
            chosen: registrations,
            ..Self::default()
        }
    }

    /// Returns whether these registrations were chosen in the list, or none if there are none.
    pub(in crate::domain) fn has_chosen(&self, registrations: &[RegistrationId]) -> bool {
        self.chosen == registrations
    }

    /// Reads what an announcement keeps.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if it is not readable, which is a bug.
    pub(in crate::domain) fn read(stored: &str) -> Result<Self, InfrastructureError> {
        serde_json::from_str(stored).map_err(InfrastructureError::internal)
    }

    /// Returns what an announcement keeps.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if it can't be serialised, which is a bug.
    pub(in crate::domain) fn write(&self) -> Result<String, InfrastructureError> {
        serde_json::to_string(self).map_err(InfrastructureError::internal)
    }

    /// Returns the audience as it is when the sending begins.
    pub(in crate::domain) async fn resolved(
        self,
        database: &Database,
        competition: CompetitionId,
    ) -> Result<Self, InfrastructureError> {
        let search = self.filter.search.as_deref();
        if self.filter.has_conditions() {
            complete_roster(database, competition).await?;
        }
        let words = search.unwrap_or_default();
        // Whoever writes to participants sees their addresses.
        let searched = SearchedText::NamesAndAddresses;
        let terms = roster::resolve_terms(database.read(), competition, words, searched).await?;
        Ok(Self {
            terms: Some(terms),
            ..self
        })
    }

    /// Counts the recipients. Where several conditions are met by thousands, `at_most` of a status are counted.
    pub(in crate::domain) async fn count(
        &self,
        database: &Database,
        competition: CompetitionId,
        at_most: Option<u64>,
    ) -> Result<RecipientCount, InfrastructureError> {
        if !self.chosen.is_empty() {
            let id = (registration::Entity, registration::Column::Id);
            let number = registration::Entity::find()
                .filter(bulk::among(database.backend(), id, &self.chosen))
                .filter(registration::Column::CompetitionId.eq(competition))
                .filter(registration::is_live())
                .count(database.read())
                .await?;
            return Ok(RecipientCount {
                number,
                is_exact: true,
            });
        }
        let terms = self.terms.clone().unwrap_or_default();
        let mut count = RecipientCount {
            number: 0,
            is_exact: true,
        };
        let is_included =
            |status: &RegistrationStatus| self.filter.status.is_none_or(|it| it == *status);
        for status in LIVE.into_iter().filter(is_included) {
            let query = RosterQuery {
                competition,
                status: Some(status),
                language: self.filter.language,
                attendance: self.filter.checked_in.map(Attendance::of),
                terms: &terms,
                order: RosterOrder::RegisteredAt,
                descending: false,
                start: RosterStart::Offset(0),
                limit: 0,
            };
            let counted = query.count_up_to(database, at_most).await?;
            count.number += counted.number;
            count.is_exact &= counted.is_exact;
        }
        Ok(count)
    }

    /// Counts the recipients as far as a page can wait for it.
    pub(in crate::domain) async fn estimate(
        &self,
        database: &Database,
        competition: CompetitionId,
    ) -> Result<RecipientCount, InfrastructureError> {
        let most = Some(COUNTED_REGISTRATIONS);
        self.count(database, competition, most).await
    }

    /// Returns the condition that a registration has a status that is shown, and is live, and was chosen if any were: a
    /// page would otherwise be read for each 500 registrations in order to find a few of them.
    pub(super) fn statuses(&self, backend: DatabaseBackend) -> SimpleExpr {
        let live = match self.filter.checked_in {
            None => registration::is_live(),
            Some(is_here) => {
                let id = (registration::Entity, registration::Column::Id);
                let here = check_ins::is_checked_in(id);
                let seated = registration::Column::Status.is_in(SEATED);
                seated.and(if is_here { here } else { here.not() })
            }
        };
        let shown = match self.filter.status {
            Some(status) => live.and(registration::Column::Status.eq(status)),
            None => live,
        };
        match self.chosen.is_empty() {
            true => shown,
            false => {
                let id = (registration::Entity, registration::Column::Id);
                shown.and(bulk::among(backend, id, &self.chosen))
            }
        }
    }

    /// Returns those of the registrations whose participants the filter shows, in their order.
    pub(super) async fn among(
        &self,
        transaction: &Transaction,
        competition: CompetitionId,
        ids: &[RegistrationId],
    ) -> Result<Vec<RegistrationId>, InfrastructureError> {
        if !self.chosen.is_empty() {
            let chosen: HashSet<_> = self.chosen.iter().collect();
            let found = ids.iter().filter(|id| chosen.contains(id));
            return Ok(found.copied().collect());
        }
        let language = self.filter.language;
        let terms = self.terms.as_deref().unwrap_or_default();
        if language.is_none() && terms.is_empty() {
            return Ok(ids.to_vec());
        }
        roster::complete(transaction, competition, ids).await?;
        let shown = roster::matching_among(transaction, ids, language, terms).await?;
        let shown = ids.iter().filter(|id| shown.contains(id));
        Ok(shown.copied().collect())
    }
}

/// Returns the view of a row. A value that this release does not know counts as absent.
pub(super) fn view_of(row: saved_view::Model) -> SavedView {
    SavedView {
        id: row.id,
        competition_id: row.competition_id,
        name: row.name,
        search: row.search,
        status: row.status.and_then(|name| name.parse().ok()),
        language: row.language.as_deref().and_then(Language::with_tag),
        checked_in: row.checked_in,
        sort: row.sort.and_then(|name| name.parse().ok()),
        created_at: row.created_at,
    }
}

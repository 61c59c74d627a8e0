//! The list of a competition's registrations, for its organizer: searched, filtered, in several orders, page by page.
//!
//! The list that nothing is searched in, in the order of registration, is read from `registrations` alone. Every
//! other one is read from the roster ([`roster`]), whose missing entries are written first.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    answers::stored_answers,
    queries::{WaitlistEntry, division_names, to_view, waitlist_positions},
    roster_updates::complete_roster,
    service::Registrations,
};
use crate::{
    domain::{Actor, Result},
    model::{
        CompetitionId, Page, Permission, RegistrationId, RegistrationSort, RegistrationStatus,
        RegistrationView, StaffRole, UserId,
        forms::{FieldErrors, FieldProblem, MATCHING_MAX, Paging, RegistrationFilter},
    },
    store::{
        Database, InfrastructureError, bulk, check_ins,
        entity::{registration, user},
        roster::{
            self, Attendance, RosterOrder, RosterPage, RosterQuery, RosterStart, RosterTerm,
            SearchedText,
        },
        start_numbers,
    },
};

/// The order of the statuses in a list that is sorted by them.
const STATUSES: [RegistrationStatus; 4] = [
    RegistrationStatus::Pending,
    RegistrationStatus::Confirmed,
    RegistrationStatus::Waitlisted,
    RegistrationStatus::Cancelled,
];

impl Registrations {
    /// Returns a page of a competition's registrations with names and e-mail addresses, for its organizer. Without
    /// an order, they are in the order of registration, or with the filter `WAITLISTED` in that of the waitlist.
    ///
    /// Neither of these changes while participants register and cancel. So without a filter, no registration is
    /// missing or repeated from one page to the next. A page that begins behind a registration
    /// ([`RegistrationFilter::after`]) is found at once, however deep it is in the list.
    ///
    /// A search finds words that begin with those that are typed, in names and addresses, without accents; if there
    /// are none, it corrects a typing error. `total` is the length of the list; where several frequent conditions are
    /// combined, no more than [`COUNTED_REGISTRATIONS`](crate::model::forms::COUNTED_REGISTRATIONS) are counted.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound) if there is no such competition, and
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) if `actor` does not run it.
    pub async fn of_competition(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: &RegistrationFilter,
        paging: Paging,
    ) -> Result<Page<RegistrationView>> {
        let (_, role) = self.permitted(actor, id, Permission::SeePeople).await?;
        let filter = &visible_filter(role, filter);
        let RosterPage { ids, total } = if filter.is_plain() {
            self.plain_page(id, filter.status, paging).await?
        } else {
            self.roster_page(id, filter, searched_by(role), paging)
                .await?
        };
        Ok(Page {
            items: self.views(id, &ids, role).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns all registrations of a competition that a filter shows, for an organizer who acts on them.
    ///
    /// # Errors
    /// Returns the errors of [`of_competition`](Self::of_competition), and
    /// [`DomainError::Invalid`](crate::model::DomainError::Invalid) if there are more than [`MATCHING_MAX`].
    pub async fn matching(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: &RegistrationFilter,
    ) -> Result<Vec<RegistrationId>> {
        let (_, role) = self.permitted(actor, id, Permission::ManagePeople).await?;
        let filter = RegistrationFilter {
            sort: None,
            after: None,
            ..visible_filter(role, filter)
        };
        let paging = Paging {
            page: 1,
            per_page: MATCHING_MAX as u64 + 1,
        };
        let RosterPage { ids, .. } = if filter.is_plain() {
            self.plain_page(id, filter.status, paging).await?
        } else {
            self.roster_page(id, &filter, searched_by(role), paging)
                .await?
        };
        if ids.len() > MATCHING_MAX {
            let problem = FieldProblem::TooManyChosen(MATCHING_MAX as u64);
            return Err(FieldErrors::one("ids", problem).into());
        }
        Ok(ids)
    }

    /// Returns those of the e-mail addresses whose accounts are registered for a competition.
    pub(in crate::domain) async fn registered_among(
        &self,
        id: CompetitionId,
        addresses: &[String],
    ) -> Result<Vec<String>> {
        let read = self.database.read();
        let accounts: Vec<(UserId, String)> = user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::Email])
            .filter(
                Expr::expr(Func::lower(Expr::col((user::Entity, user::Column::Email))))
                    .is_in(addresses),
            )
            .into_tuple()
            .all(read)
            .await?;
        let users: Vec<_> = accounts.iter().map(|(account, _)| *account).collect();
        // By the accounts alone: SQLite would rather go through all registrations for the competition.
        let of_accounts = (registration::Entity, registration::Column::UserId);
        let live: Vec<(UserId, CompetitionId)> = registration::Entity::find()
            .select_only()
            .columns([
                registration::Column::UserId,
                registration::Column::CompetitionId,
            ])
            .filter(bulk::among(self.database.backend(), of_accounts, &users))
            .filter(registration::is_live())
            .into_tuple()
            .all(read)
            .await?;
        let registered: HashSet<_> = live
            .into_iter()
            .filter(|(_, competition)| *competition == id)
            .map(|(account, _)| account)
            .collect();
        let found = accounts.into_iter();
        let found = found.filter(|(account, _)| registered.contains(account));
        Ok(found.map(|(_, address)| address).collect())
    }

    /// Reads a page in the order of registration or of the waitlist, from the index alone.
    async fn plain_page(
        &self,
        id: CompetitionId,
        status: Option<RegistrationStatus>,
        paging: Paging,
    ) -> Result<RosterPage> {
        use registration::{Column, Entity};
        let mut query = Entity::find().filter(Column::CompetitionId.eq(id));
        if let Some(status) = status {
            query = query.filter(Column::Status.eq(status));
        }
        let total = query.clone().count(self.database.read()).await?;
        let query = query.select_only().column(Column::Id);
        let query = match status {
            Some(RegistrationStatus::Waitlisted) => query.order_by_asc(Column::WaitlistSeq),
            _ => query.order_by_asc(Column::RegisteredAt),
        };
        let ids = query
            .order_by_asc(Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .into_tuple()
            .all(self.database.read())
            .await?;
        Ok(RosterPage { ids, total })
    }

    async fn roster_page(
        &self,
        id: CompetitionId,
        filter: &RegistrationFilter,
        searched: SearchedText,
        paging: Paging,
    ) -> Result<RosterPage> {
        complete_roster(&self.database, id).await?;
        let search = filter.search.as_deref();
        let terms = terms(&self.database, id, search, searched).await?;
        let (order, descending) = match filter.sort.unwrap_or_default() {
            RegistrationSort::RegisteredAt => (RosterOrder::RegisteredAt, false),
            RegistrationSort::RegisteredAtDescending => (RosterOrder::RegisteredAt, true),
            RegistrationSort::Name => (RosterOrder::Name, false),
            RegistrationSort::NameDescending => (RosterOrder::Name, true),
            RegistrationSort::Email => (RosterOrder::Email, false),
            RegistrationSort::EmailDescending => (RosterOrder::Email, true),
            RegistrationSort::Status => (RosterOrder::RegisteredAt, false),
            RegistrationSort::StatusDescending => (RosterOrder::RegisteredAt, true),
        };
        let query = RosterQuery {
            competition: id,
            status: filter.status,
            language: filter.language,
            attendance: filter.checked_in.map(Attendance::of),
            terms: &terms,
            order,
            descending,
            start: match filter.after {
                Some(last) => RosterStart::After(last),
                None => RosterStart::Offset(paging.offset()),
            },
            limit: paging.per_page,
        };
        if filter.sort.is_some_and(RegistrationSort::is_by_status) && filter.status.is_none() {
            return self.page_by_status(query).await;
        }
        Ok(query
            .read(&self.database)
            .await
            .map_err(InfrastructureError::from)?)
    }

    /// Reads a page of the list of one status after the other. Each has an index of its own; none has all in this
    /// order, which would change with every confirmation.
    async fn page_by_status(&self, query: RosterQuery<'_>) -> Result<RosterPage> {
        let mut statuses = STATUSES;
        if query.descending {
            statuses.reverse();
        }
        let mut start = query.start;
        let first = match start {
            RosterStart::After(last) => self.status_of(query.competition, last).await?,
            RosterStart::Offset(_) => None,
        };
        let mut page = RosterPage {
            ids: Vec::new(),
            total: 0,
        };
        let mut reached = first.is_none();
        for status in statuses {
            let is_first = first == Some(status);
            reached |= is_first;
            let left = query.limit - page.ids.len() as u64;
            let of_status = RosterQuery {
                status: Some(status),
                start: match reached {
                    true => start,
                    false => RosterStart::Offset(0),
                },
                limit: left,
                ..query
            };
            let found = of_status.read(&self.database).await;
            let found = found.map_err(InfrastructureError::from)?;
            page.total += found.total;
            if !reached {
                continue;
            }
            start = match start {
                RosterStart::Offset(skipped) => {
                    RosterStart::Offset(skipped.saturating_sub(found.total))
                }
                RosterStart::After(_) => RosterStart::Offset(0),
            };
            page.ids.extend(found.ids);
        }
        Ok(page)
    }

    async fn status_of(
        &self,
        competition: CompetitionId,
        id: RegistrationId,
    ) -> Result<Option<RegistrationStatus>> {
        let row = registration::Entity::find_by_id(id)
            .filter(registration::Column::CompetitionId.eq(competition))
            .one(self.database.read())
            .await?;
        Ok(row.map(|row| row.status))
    }

    /// Reads registrations with names and addresses, in the order of their ids.
    pub(super) async fn views(
        &self,
        id: CompetitionId,
        ids: &[RegistrationId],
        role: StaffRole,
    ) -> Result<Vec<RegistrationView>> {
        let rows: Vec<(registration::Model, Option<user::Model>)> = registration::Entity::find()
            .filter(bulk::among(
                self.database.backend(),
                (registration::Entity, registration::Column::Id),
                ids,
            ))
            .find_also_related(user::Entity)
            .all(self.database.read())
            .await?;
        let waitlisted = rows.iter().filter_map(|(row, _)| WaitlistEntry::of(row));
        let waitlisted: Vec<_> = waitlisted.collect();
        let positions = waitlist_positions(&self.database, id, &waitlisted).await?;
        let divisions = rows.iter().filter_map(|(row, _)| row.division_id);
        let names = division_names(self.database.read(), divisions).await?;
        let checked_in = check_ins::times(self.database.read(), ids)
            .await
            .map_err(InfrastructureError::from)?;
        let numbers = start_numbers::numbers(self.database.read(), ids)
            .await
            .map_err(InfrastructureError::from)?;
        let mut rows: HashMap<RegistrationId, _> = rows
            .into_iter()
            .map(|(row, user)| (row.id, (row, user)))
            .collect();
        let sees_contacts = role.permits(Permission::SeeContacts);
        let views = ids.iter().filter_map(|id| {
            let (row, user) = rows.remove(id)?;
            Some(RegistrationView {
                answers: stored_answers(&row).filter(|_| sees_contacts),
                user_name: user.as_ref().map(|u| u.name.clone()),
                user_email: user.map(|u| u.email).filter(|_| sees_contacts),
                checked_in_at: checked_in.get(id).copied(),
                start_number: numbers.get(id).copied(),
                ..to_view(row, &names, positions.get(id).copied())
            })
        });
        Ok(views.collect())
    }
}

/// Returns the filter without an order that would tell who has which address, for those who may not see addresses.
pub(super) fn visible_filter(role: StaffRole, filter: &RegistrationFilter) -> RegistrationFilter {
    let sort = filter.sort.map(|sort| match sort {
        RegistrationSort::Email => RegistrationSort::Name,
        RegistrationSort::EmailDescending => RegistrationSort::NameDescending,
        other => other,
    });
    match role.permits(Permission::SeeContacts) {
        true => filter.clone(),
        false => RegistrationFilter {
            sort,
            ..filter.clone()
        },
    }
}

/// Returns what a search of somebody with this role finds: who may not see addresses finds nobody by them.
pub(super) const fn searched_by(role: StaffRole) -> SearchedText {
    match role.permits(Permission::SeeContacts) {
        true => SearchedText::NamesAndAddresses,
        false => SearchedText::Names,
    }
}

/// Returns the terms of a search among the registrations of a competition.
pub(super) async fn terms(
    database: &Database,
    competition: CompetitionId,
    search: Option<&str>,
    searched: SearchedText,
) -> Result<Vec<RosterTerm>, InfrastructureError> {
    let search = search.unwrap_or_default();
    Ok(roster::resolve_terms(database.read(), competition, search, searched).await?)
}

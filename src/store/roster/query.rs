//! What a list of registrations contains, and in which order.

use sea_orm::{
    DbErr, QueryResult,
    sea_query::{Expr, Query, SelectStatement},
};

use super::terms::RosterTerm;
use crate::{
    model::{CompetitionId, Language, RegistrationId, RegistrationStatus},
    store::{Database, by_index},
};

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterOrder {
    /// By the time of registration.
    RegisteredAt,
    /// By name, in alphabetical order without accents.
    Name,
    /// By e-mail address, in alphabetical order.
    Email,
}

/// Which of those with a seat are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// All of those with a seat.
    Expected,
    /// Those who are checked in.
    CheckedIn,
    /// Those who are not.
    Missing,
}

impl Attendance {
    /// Returns the part of those with a seat who are checked in, or who are not.
    #[must_use]
    pub const fn of(is_here: bool) -> Self {
        if is_here {
            Self::CheckedIn
        } else {
            Self::Missing
        }
    }
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterStart {
    /// Behind the registration with this id.
    After(RegistrationId),
    /// Behind so many registrations.
    Offset(u64),
}

/// Which registrations a page contains.
#[derive(Debug, Clone, Copy)]
pub struct RosterQuery<'a> {
    pub competition: CompetitionId,
    pub status: Option<RegistrationStatus>,
    /// The language of the participants.
    pub language: Option<Language>,
    /// Which of those with a seat are listed; everybody is, with a seat or without, if it is absent.
    pub attendance: Option<Attendance>,
    /// The words of a search.
    pub terms: &'a [RosterTerm],
    pub order: RosterOrder,
    pub descending: bool,
    pub start: RosterStart,
    pub limit: u64,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPage {
    /// The registrations in their order.
    pub ids: Vec<RegistrationId>,
    /// The length of the list; from [`COUNTED_REGISTRATIONS`] on, it may be longer if several conditions are met by many.
    ///
    /// [`COUNTED_REGISTRATIONS`]: crate::model::forms::COUNTED_REGISTRATIONS
    pub total: u64,
}

impl RosterQuery<'_> {
    pub(super) fn language_tag(&self) -> String {
        self.language
            .map(|it| it.tag().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn status_name(&self) -> String {
        self.status.map(|it| it.to_string()).unwrap_or_default()
    }

    /// Returns whether the list is a range of one index.
    pub(super) fn has_one_condition(&self) -> bool {
        self.terms.is_empty()
            && self.attendance.is_none()
            && (self.language.is_none() || self.status.is_none())
    }
}

/// Counts the rows of a query.
pub(super) async fn count(database: &Database, rows: SelectStatement) -> Result<u64, DbErr> {
    let mut query = Query::select();
    query
        .expr_as(Expr::cust("count(*)"), "count")
        .from_subquery(rows, "counted");
    let rows = by_index::query_all(database, database.backend().build(&query)).await?;
    let count = |row: &QueryResult| row.try_get::<i64>("", "count");
    let count = rows.first().map(count).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or(0))
}

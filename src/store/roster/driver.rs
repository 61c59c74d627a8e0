//! Chooses the index from which a list of registrations is read.
//!
//! A list is searched in one of two ways. If one of its conditions is met by few registrations ([`FEW`]), those are
//! read by their index, compared with the other conditions, and sorted. Otherwise every condition is met by many, so
//! the index of the order is followed until the page is full. Conditions which many meet, but hardly anybody all of
//! them, would lead through the whole index: then those who meet the rarest one are read, up to [`MANY`].

use sea_orm::{
    DbErr,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::query::{Attendance, RosterOrder, RosterQuery, RosterStart, count};
use crate::{
    model::forms::COUNTED_REGISTRATIONS,
    store::{Database, check_ins},
};

/// The number of registrations that are always sorted for a page.
const FEW: u64 = 4_000;
/// The number of registrations that are sorted for a page if following the index of the order would take longer.
const MANY: u64 = 20_000;
/// How many times as long it takes to find and sort a registration as to pass it in the index of the order.
const COST_OF_SORTING: u64 = 2;

/// The condition whose index a list is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    Term(usize),
    Language,
    Status,
    CheckedIn,
}

impl RosterQuery<'_> {
    /// Returns the condition from whose index the list is read; `None` if that of the order is followed.
    pub(super) async fn driver(&self, database: &Database) -> Result<Option<Driver>, DbErr> {
        let terms = (0..self.terms.len()).map(Driver::Term);
        let language = self.language.map(|_| Driver::Language);
        let status = self.status.map(|_| Driver::Status);
        let is_here = self.attendance == Some(Attendance::CheckedIn);
        let checked_in = is_here.then_some(Driver::CheckedIn);
        let mut sizes = Vec::new();
        for driver in terms.chain(language).chain(status).chain(checked_in) {
            let mut matches = self.rows_of(driver);
            matches.limit(MANY + 1);
            let size = count(database, matches).await?;
            if size <= FEW / 20 {
                return Ok(Some(driver));
            }
            sizes.push((size, driver));
        }
        let Some(&(least, driver)) = sizes.iter().min_by_key(|(size, _)| *size) else {
            return Ok(None);
        };
        if least <= FEW {
            return Ok(Some(driver));
        }
        if least > MANY || self.is_range_of_index() {
            return Ok(None);
        }
        let everybody = count(database, self.everybody()).await?;
        let sizes: Vec<_> = sizes.into_iter().map(|(size, _)| size).collect();
        let passed = self.passed(&sizes, everybody);
        Ok((passed > least.saturating_mul(COST_OF_SORTING)).then_some(driver))
    }

    /// Estimates how many registrations are passed in the index of the order, until the page is full and the list is
    /// counted, from how many meet each condition.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, bounded by the number of registrations"
    )]
    fn passed(&self, sizes: &[u64], everybody: u64) -> u64 {
        let wanted = match self.start {
            RosterStart::Offset(offset) => offset.saturating_add(self.limit),
            RosterStart::After(_) => self.limit,
        };
        let wanted = Ord::max(wanted, COUNTED_REGISTRATIONS) as f64;
        let everybody = everybody as f64;
        // Who meets a condition beyond the bound is not known, so it counts as everybody.
        let known = sizes.iter().filter(|size| **size <= MANY);
        let share: f64 = known.map(|size| *size as f64 / everybody).product();
        (wanted / share).min(everybody) as u64
    }

    /// Returns whether the index of the order has just the registrations in the list.
    fn is_range_of_index(&self) -> bool {
        self.has_one_condition() && self.order == RosterOrder::RegisteredAt
    }

    /// Returns the query of the registrations that meet one condition.
    pub(super) fn rows_of(&self, driver: Driver) -> SelectStatement {
        let mut rows = Query::select();
        let competition = Expr::col("competition_id").eq(self.competition.0);
        match driver {
            Driver::Term(at) => rows
                .column("registration_id")
                .from("roster_words")
                .and_where(competition)
                .and_where(self.terms[at].range()),
            Driver::Language => rows
                .column("registration_id")
                .from("roster_entries")
                .and_where(competition)
                .and_where(Expr::col("language").eq(self.language_tag())),
            Driver::Status => rows
                .expr_as(Expr::col("id"), "registration_id")
                .from("registrations")
                .and_where(competition)
                .and_where(Expr::col("status").eq(self.status_name())),
            Driver::CheckedIn => return check_ins::of_competition(self.competition),
        };
        rows
    }

    /// Returns the query of all registrations.
    pub(super) fn everybody(&self) -> SelectStatement {
        let mut all = Query::select();
        all.column("id")
            .from("registrations")
            .and_where(Expr::col("competition_id").eq(self.competition.0));
        all
    }
}

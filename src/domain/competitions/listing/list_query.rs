//! The statements that read a list of competitions, each from an index and in its order.
//!
//! A list is read from `competition_listings`, or from `competition_terms` for a tag or a place. Both contain
//! the phase of a competition, so that the rows of one phase are together in each index; a list of several
//! phases is merged from one branch for each.
//!
//! Phases that begin by themselves (closed, running, ended) are written by a scheduled task
//! (`phase_updates`). Until then a row is *late*. Every condition compares the times too, and the lists of
//! these phases have one more branch for late rows, so a list is right at every moment.
//!
//! | list | source |
//! | --- | --- |
//! | in the order of starts, without tag and place | the index of this order |
//! | in the order of starts, with a tag or a place | the rarest of these terms; the others are conditions |
//! | in another order, with a tag, a place or a range that few competitions have | these competitions, sorted |
//! | in another order, otherwise | the index of this order; tag, place and range are conditions |

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseBackend, Statement};

use super::{
    listing_phases::{phase_number, selected_phases},
    place_words::place_term,
    sql_text::SqlText,
};
use crate::{
    domain::Actor,
    model::{
        Phase, Role, UserId,
        forms::{CompetitionFilter, Sort},
    },
};

/// The most competitions that are sorted. A list of more is read in the order of an index.
pub(super) const SORTED_MAX: u64 = 1_000;

/// The number of competitions up to which terms are compared, if each has more than [`SORTED_MAX`]. Between two terms
/// of 5,000 and of 100,000 competitions the choice is one of 5 or 30 ms.
pub(super) const COMPARED_MAX: u64 = 10_000;

/// The column of the order by start.
pub(super) const STARTS_AT: &str = "l.starts_at";

/// A part of a list that is in the order of one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListSection {
    /// The whole list: its order does not depend on the time.
    Whole,
    /// What is ahead, in ascending order.
    Ahead,
    /// What is past, in descending order.
    Past,
}

/// Where the rows of a list come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// All listings, in the order of the list.
    Listings,
    /// The listings of the organizer, in the order of starts, and the few on which it works besides.
    Organizer,
    /// The competitions with one of the terms, which is given by its number, in the order of starts.
    Term(usize),
    /// The few competitions of one of the selections, which is given by its number.
    SelectiveCondition(usize),
}

/// A condition that may leave few competitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectiveCondition {
    /// One of the terms, by its number.
    Term(usize),
    Organizer,
    Range,
    /// The phases in which participants register.
    Phases,
    Everything,
}

/// A list of competitions, of which the statements are parts.
#[derive(Debug)]
pub(super) struct ListQuery<'a> {
    backend: DatabaseBackend,
    now: DateTime<Utc>,
    pub(super) organizer: Option<OwnCompetitions>,
    pub(super) filter: &'a CompetitionFilter,
    pub(super) phases: Vec<Phase>,
    /// The tag and the words of the place, each in its spellings.
    pub(super) terms: Vec<Vec<String>>,
    pub(super) selections: Vec<SelectiveCondition>,
}

/// Whose competitions a list has, drafts included: those that an account owns, if it is an organizer, and those of others
/// on which it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnCompetitions {
    pub account: UserId,
    pub is_organizer: bool,
}

impl OwnCompetitions {
    /// Returns the competitions of an actor.
    pub(super) fn of(actor: Actor) -> Self {
        Self {
            account: actor.id,
            is_organizer: actor.role >= Role::Organizer,
        }
    }
}

/// The rows of one branch: what follows `FROM`, and the column of the competition's id.
pub(super) struct Branch {
    pub(super) id: &'static str,
    pub(super) rows: String,
}

impl<'a> ListQuery<'a> {
    /// Creates the query of the public list, or of the competitions of an account.
    pub(super) fn new(
        backend: DatabaseBackend,
        now: DateTime<Utc>,
        organizer: Option<OwnCompetitions>,
        filter: &'a CompetitionFilter,
    ) -> Self {
        let phases = selected_phases(filter, organizer.is_some());
        let mut terms: Vec<_> = filter
            .tag
            .iter()
            .map(|tag| vec![format!("tag:{tag}")])
            .collect();
        terms.extend(filter.place_words().map(place_term));
        let mut selections: Vec<_> = (0..terms.len()).map(SelectiveCondition::Term).collect();
        // The others leave out drafts.
        let public = organizer.is_none();
        let ranged = filter.from.is_some() || filter.to.is_some();
        let seats_count = phases.iter().all(|phase| phase_number(*phase) <= 3);
        let others = [
            (!public, SelectiveCondition::Organizer),
            (public && ranged, SelectiveCondition::Range),
            (public && seats_count, SelectiveCondition::Phases),
            // The index has only the magnitude of the number of seats.
            (
                public && filter.sort == Sort::SeatsLeft,
                SelectiveCondition::Everything,
            ),
        ];
        selections.extend(others.iter().filter(|(exists, _)| *exists).map(|(_, s)| *s));
        Self {
            backend,
            now,
            organizer,
            filter,
            phases,
            terms,
            selections,
        }
    }

    /// Creates the query of everybody's competitions, drafts included.
    pub(super) fn with_drafts(
        backend: DatabaseBackend,
        now: DateTime<Utc>,
        filter: &'a CompetitionFilter,
    ) -> Self {
        let mut query = Self::new(backend, now, None, filter);
        query.phases = selected_phases(filter, true);
        // The selections of the public list leave out drafts.
        query.selections.truncate(query.terms.len());
        query
    }

    /// Returns whether no competition can match.
    pub(super) fn is_empty(&self) -> bool {
        self.phases.is_empty()
    }

    /// Returns the sections of the list that may have rows, in their order.
    pub(super) fn sections(&self) -> Vec<ListSection> {
        let sort = self.filter.sort;
        if !matches!(sort, Sort::StartsAt | Sort::RegDeadline) {
            return vec![ListSection::Whole];
        }
        let possible = |section: &ListSection| {
            let ahead = *section == ListSection::Ahead;
            self.phases.iter().any(|phase| match phase {
                Phase::OpensSoon
                | Phase::Open
                | Phase::FewLeft
                | Phase::Waitlist
                | Phase::Full
                | Phase::Paused => ahead,
                Phase::Closed => ahead == (sort == Sort::StartsAt),
                Phase::Running | Phase::Ended => !ahead,
                Phase::Cancelled | Phase::Draft => true,
            })
        };
        let all = [ListSection::Ahead, ListSection::Past];
        all.into_iter().filter(possible).collect()
    }

    /// Returns the statement that counts for each selection its competitions, up to one more than `most`;
    /// `None` if the sources do not depend on it.
    pub(super) fn count_selections(&self, most: u64) -> Option<Statement> {
        let by_start = self.filter.sort == Sort::StartsAt;
        let needed = match by_start {
            true => self.organizer.is_none() && self.terms.len() > 1,
            false => !self.selections.is_empty(),
        };
        if !needed {
            return None;
        }
        let mut sql = self.sql();
        let most = most + 1;
        let counts: Vec<_> = (0..self.selections.len())
            .map(|number| {
                let ids = self.selection(&mut sql, number, most);
                format!("(SELECT count(*) FROM ({ids} LIMIT {most}) AS counted)")
            })
            .collect();
        Some(sql.statement(format!("SELECT {}", counts.join(", "))))
    }

    /// Returns whether it takes a higher bound to tell which of several terms is the rarest.
    pub(super) fn is_undecided(&self, counts: &[i64]) -> bool {
        let mut of_terms = counts.iter().take(self.terms.len());
        self.terms.len() > 1
            && of_terms.all(|count| i64::try_from(SORTED_MAX).is_ok_and(|most| *count > most))
    }

    /// Returns the source from which the ids are read, and the one from which they are counted. `counts` are
    /// the results of [`count_selections`](Self::count_selections), if it was needed.
    pub(super) fn sources(&self, counts: &[i64]) -> (Source, Source) {
        let numbered = || counts.iter().enumerate();
        let rarest = numbered().min_by_key(|(_, count)| **count);
        let term = numbered()
            .take(self.terms.len())
            .min_by_key(|(_, count)| **count)
            .map_or(0, |(number, _)| number);
        let by_start = match self.organizer {
            Some(_) => Source::Organizer,
            None if !self.terms.is_empty() => Source::Term(term),
            None => Source::Listings,
        };
        match rarest {
            _ if self.filter.sort == Sort::StartsAt => (by_start, by_start),
            Some((number, count)) if i64::try_from(SORTED_MAX).is_ok_and(|most| *count <= most) => {
                (
                    Source::SelectiveCondition(number),
                    Source::SelectiveCondition(number),
                )
            }
            _ => (Source::Listings, by_start),
        }
    }

    /// Returns the statement that counts the competitions of a section, up to `most`.
    pub(super) fn count(&self, source: Source, section: ListSection, most: u64) -> Statement {
        let mut sql = self.sql();
        // In the order of an index, so that the planner uses it even if it expects to find enough rows without.
        let column = match section {
            ListSection::Whole => STARTS_AT,
            ListSection::Ahead | ListSection::Past => self.time(),
        };
        let order = match source {
            Source::SelectiveCondition(_) => String::new(),
            _ => format!("ORDER BY {column}"),
        };
        let rows: Vec<_> = self
            .branches(&mut sql, source, section, column)
            .iter()
            .map(|Branch { rows, .. }| {
                format!("SELECT 1 FROM (SELECT 1 FROM {rows} {order} LIMIT {most}) AS branch")
            })
            .collect();
        let rows = rows.join(" UNION ALL ");
        sql.statement(format!(
            "SELECT count(*) FROM ({rows} LIMIT {most}) AS counted"
        ))
    }

    /// Returns the statement that reads the ids of a section, in their order.
    pub(super) fn ids(
        &self,
        source: Source,
        section: ListSection,
        offset: u64,
        limit: u64,
    ) -> Statement {
        let mut sql = self.sql();
        let direction = match (self.filter.sort, section) {
            (Sort::SeatsLeft | Sort::Newest, _) | (_, ListSection::Past) => "DESC",
            _ => "ASC",
        };
        let key = self.key(source);
        let end = offset + limit;
        let branches: Vec<_> = self
            .branches(&mut sql, source, section, key)
            .into_iter()
            .map(|Branch { id, rows }| {
                format!(
                    "SELECT id, sort_key FROM (SELECT {id} AS id, {key} AS sort_key FROM {rows} \
                     ORDER BY {key} {direction}, {id} {direction} LIMIT {end}) AS branch"
                )
            })
            .collect();
        let branches = branches.join(" UNION ALL ");
        sql.statement(format!(
            "SELECT id FROM ({branches}) AS merged ORDER BY sort_key {direction}, id {direction} \
             LIMIT {limit} OFFSET {offset}"
        ))
    }

    /// Returns the time that decides whether a competition is ahead.
    pub(super) const fn time(&self) -> &'static str {
        match self.filter.sort {
            Sort::RegDeadline => "l.reg_deadline",
            _ => STARTS_AT,
        }
    }

    /// Returns the expression by which rows are sorted.
    fn key(&self, source: Source) -> &'static str {
        match (self.filter.sort, source) {
            (Sort::Relevance | Sort::StartsAt, _) => STARTS_AT,
            (Sort::RegDeadline, _) => "l.reg_deadline",
            (Sort::Title, _) => "l.title_key",
            (Sort::Newest, _) => "l.created_at",
            (Sort::SeatsLeft, Source::SelectiveCondition(_)) => {
                "(SELECT seats_left - seats_reserved FROM competitions WHERE competitions.id = l.id)"
            }
            (Sort::SeatsLeft, _) => "l.seats_rank",
        }
    }

    fn sql(&self) -> SqlText {
        SqlText::new(self.backend, self.now)
    }
}

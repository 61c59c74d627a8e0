//! Searching competitions for words, in the order of relevance.
//!
//! A search goes through fields from narrow to wide: the title alone, title and tags, then the location and the
//! description besides. A competition is as relevant as the first field that contains all words; within a
//! field the next start comes first. If this finds little, words that were not found may be typing errors.
//!
//! At most [`MOST_MATCHES`] competitions are found. So the cost of a search does not depend on how many
//! competitions match (`store/search`).

use std::collections::{HashMap, HashSet};

use sea_orm::{QueryFilter, QuerySelect};

use super::{Competitions, listing};
use crate::{
    domain::Result,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Page, Phase, SuggestionView,
        forms::{CompetitionFilter, MOST_MATCHES, Paging, Sort},
    },
    store::{
        TimeLimits, Transaction, bulk,
        entity::competition::{Column, Entity},
        search::{
            MatchSelection, QueryWord, SearchExpression, SearchField, SearchTerm, matching,
            query_words, similar_words,
        },
    },
};

/// If a search finds fewer competitions, words that are similar to those that were not found are searched.
const FEW: usize = 3;
/// The number of suggestions.
const SUGGESTIONS: usize = 8;
/// The number of competitions among whose titles suggestions are chosen, since titles may be equal.
const SUGGESTED: u64 = 24;

/// The fields in the order of relevance. The exact word in a title comes before a longer one that begins with
/// it. In the description, exact words come first because an index finds them faster.
const STEPS: [(SearchField, bool); 6] = [
    (SearchField::Title, true),
    (SearchField::Title, false),
    (SearchField::Tags, false),
    (SearchField::Place, false),
    (SearchField::Text, true),
    (SearchField::Text, false),
];

/// A search for competitions.
struct Search<'a> {
    terms: Vec<SearchTerm>,
    tag: Vec<QueryWord>,
    cancelled: bool,
    steps: &'a [(SearchField, bool)],
    selection: MatchSelection<'a>,
}

impl Competitions {
    /// Returns a page of the public competitions that contain all words of the filter's search, with a
    /// total of at most [`MOST_MATCHES`]. An order other than by relevance is that of the most relevant
    /// ones.
    pub(super) async fn search(
        &self,
        search: &str,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let end = paging.offset() + paging.per_page;
        let ordered = match filter.sort {
            Sort::Relevance => end.min(MOST_MATCHES),
            _ => MOST_MATCHES,
        };
        let ids = self.matches(search, filter, ordered).await?;
        self.page_of_matches(&ids, listing::published(), filter.sort, paging)
            .await
    }

    /// Returns the public competitions that contain all words of a search and match the filter besides, the most relevant
    /// first: at most [`MOST_MATCHES`], of which so many are in their order.
    pub(super) async fn matches(
        &self,
        search: &str,
        filter: &CompetitionFilter,
        ordered: u64,
    ) -> Result<Vec<CompetitionId>> {
        let now = self.clock.now();
        let condition = listing::conditions(self.database.backend(), filter, now);
        let found = Search {
            terms: terms(search),
            tag: filter.tag.as_deref().map(query_words).unwrap_or_default(),
            cancelled: filter.status == Some(CompetitionStatus::Cancelled)
                || filter.phase == Some(Phase::Cancelled),
            steps: &STEPS,
            selection: MatchSelection {
                now,
                from: filter.from,
                to: filter.to,
                condition: listing::is_restricted(filter).then_some(&condition),
                counted: MOST_MATCHES,
                ordered,
            },
        };
        self.find(found).await
    }

    /// Returns a page of what a search has found, in the order of the ids or another one. `rows` are the competitions
    /// that may be shown.
    pub(super) async fn page_of_matches(
        &self,
        ids: &[CompetitionId],
        rows: sea_orm::Select<Entity>,
        sort: Sort,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let total = ids.len() as u64;
        let among = |ids: &[CompetitionId]| {
            let column = (Entity, Column::Id);
            let among = bulk::among(self.database.backend(), column, ids);
            rows.clone().filter(among)
        };
        let items = if sort == Sort::Relevance {
            let page = ids.iter().copied().skip(usize_of(paging.offset()));
            let page: Vec<_> = page.take(usize_of(paging.per_page)).collect();
            let views = self.views(among(&page), 0, paging.per_page).await?;
            in_order(&page, views, |view| view.id)
        } else {
            let sorted = listing::sorted(among(ids), sort, self.clock.now());
            self.views(sorted, paging.offset(), paging.per_page).await?
        };
        Ok(Page {
            items,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns up to eight different titles of public competitions that contain all words of `query`, of which
    /// each may be the beginning of a longer one.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn suggestions(&self, query: &str) -> Result<Vec<SuggestionView>> {
        let found = Search {
            terms: terms(query),
            tag: Vec::new(),
            cancelled: false,
            steps: &STEPS[..2],
            selection: MatchSelection {
                now: self.clock.now(),
                from: None,
                to: None,
                condition: None,
                counted: SUGGESTED,
                ordered: SUGGESTED,
            },
        };
        let ids = self.find(found).await?;
        let rows: Vec<(CompetitionId, String)> = self
            .among(&ids)
            .select_only()
            .columns([Column::Id, Column::Title])
            .into_tuple()
            .all(self.database.read())
            .await?;
        let mut titles = HashSet::new();
        let mut suggestions: Vec<_> = in_order(&ids, rows, |row| row.0)
            .into_iter()
            .filter(|(_, title)| titles.insert(title.to_lowercase()))
            .map(|(id, title)| SuggestionView { title, id })
            .collect();
        suggestions.truncate(SUGGESTIONS);
        Ok(suggestions)
    }

    /// Returns the competitions that a search finds, the most relevant first.
    async fn find(&self, search: Search<'_>) -> Result<Vec<CompetitionId>> {
        if search.terms.is_empty() {
            return Ok(Vec::new());
        }
        // All steps see the same competitions.
        let transaction = self.database.begin_snapshot(TimeLimits::ORDINARY).await?;
        let found = search.run(&transaction).await?;
        transaction.commit().await?;
        Ok(found)
    }

    /// Selects competitions that everyone may see among `ids`.
    fn among(&self, ids: &[CompetitionId]) -> sea_orm::Select<Entity> {
        let column = (Entity, Column::Id);
        listing::published().filter(bulk::among(self.database.backend(), column, ids))
    }
}

impl Search<'_> {
    async fn run(mut self, transaction: &Transaction) -> Result<Vec<CompetitionId>> {
        let mut found = Matches::default();
        for &(field, exact) in self.steps {
            if found.ids.len() as u64 >= self.selection.counted {
                break;
            }
            self.step(transaction, field, exact, &mut found).await?;
        }
        if found.ids.len() < FEW && self.correct(transaction).await? {
            let widest = self.steps.iter().map(|(field, _)| *field).max();
            let field = widest.unwrap_or(SearchField::Title);
            self.step(transaction, field, false, &mut found).await?;
        }
        found.ids.truncate(usize_of(self.selection.counted));
        Ok(found.ids)
    }

    async fn step(
        &self,
        transaction: &Transaction,
        field: SearchField,
        exact: bool,
        found: &mut Matches,
    ) -> Result<()> {
        let expression = SearchExpression {
            terms: &self.terms,
            tag: &self.tag,
            cancelled: self.cancelled,
            field,
            exact,
        };
        let before = found.ids.len() as u64;
        // What narrower fields found is found again.
        let selection = MatchSelection {
            ordered: self.selection.ordered + before,
            ..self.selection
        };
        found.add(matching(transaction, &expression, &selection).await?);
        Ok(())
    }

    /// Adds alternatives to words that are not known. Returns whether there are any.
    async fn correct(&mut self, transaction: &Transaction) -> Result<bool> {
        let mut corrected = false;
        for term in self.terms.iter_mut().filter(|term| term.word.open_ended) {
            term.alternatives = similar_words(transaction, &term.word.text).await?;
            corrected |= !term.alternatives.is_empty();
        }
        Ok(corrected)
    }
}

/// Competitions in the order in which they were found.
#[derive(Default)]
struct Matches {
    ids: Vec<CompetitionId>,
    known: HashSet<CompetitionId>,
}

impl Matches {
    fn add(&mut self, ids: Vec<CompetitionId>) {
        let Self { ids: all, known } = self;
        all.extend(ids.into_iter().filter(|id| known.insert(*id)));
    }
}

fn terms(query: &str) -> Vec<SearchTerm> {
    query_words(query)
        .into_iter()
        .map(SearchTerm::from)
        .collect()
}

/// Returns the rows in the order of their ids in `ids`.
fn in_order<T>(ids: &[CompetitionId], rows: Vec<T>, id: impl Fn(&T) -> CompetitionId) -> Vec<T> {
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (id(&row), row)).collect();
    ids.iter().filter_map(|id| rows.remove(id)).collect()
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

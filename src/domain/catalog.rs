//! The catalog: what everyone may see of the competitions, read from memory while it is true.
//!
//! Lists, tags and competitions are kept as views ([`FreshCache`]); [`Changes`] says when they have
//! changed. Drafts, and everything that concerns one person, are never kept here.

mod fresh_cache;
mod lifetime;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    Actor, Error, Result,
    changes::{Changes, Scope},
    competitions::Competitions,
};
use crate::{
    model::{
        CompetitionId, CompetitionView, DivisionView, DomainError, Page, SuggestionView, UserId,
        forms::{CompetitionFilter, Paging},
    },
    ops::Clock,
    store::search::query_words,
};

pub use self::{
    fresh_cache::{Computed, FreshCache},
    lifetime::PublicLifetime,
};

/// The memory for lists, in bytes.
const LISTS_MEMORY: u64 = 16 << 20;
/// The memory for single competitions, in bytes.
const COMPETITIONS_MEMORY: u64 = 16 << 20;
/// The memory for tags, in bytes.
const TAGS_MEMORY: u64 = 64 << 10;

/// The memory for suggestions, in bytes.
const SUGGESTIONS_MEMORY: u64 = 4 << 20;

/// A list of competitions that everyone may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ListKey {
    Browse(CompetitionFilter, Paging),
    Featured(u64),
    Organizer(UserId),
    OpeningSoon(u64),
    Similar(CompetitionId, usize),
}

impl ListKey {
    /// Returns the approximate size in memory, in bytes: texts are as long as an address may be.
    fn size(&self) -> usize {
        let texts = match self {
            Self::Browse(filter, _) => [&filter.search, &filter.tag, &filter.place],
            Self::Featured(_) | Self::Organizer(_) | Self::OpeningSoon(_) | Self::Similar(..) => {
                [&None, &None, &None]
            }
        };
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Self>() + texts
    }

    /// Returns what the list is made from.
    const fn scope(&self) -> Scope {
        match self {
            // No seats are shown with them.
            Self::Similar(..) => Scope::Texts,
            _ => Scope::Catalog,
        }
    }
}

/// The number of competitions for each tag, the most frequent first.
pub type TagCounts = Vec<(String, u64)>;

/// Reads what everyone may see of the competitions.
#[derive(Debug)]
pub struct Catalog {
    competitions: Competitions,
    clock: Clock,
    lists: FreshCache<ListKey, Page<CompetitionView>>,
    views: FreshCache<CompetitionId, CompetitionView>,
    tags: FreshCache<usize, TagCounts>,
    suggestions: FreshCache<String, Vec<SuggestionView>>,
}

impl Catalog {
    /// Creates an empty cache in front of `competitions`.
    #[must_use]
    pub fn new(competitions: Competitions, changes: &Changes, clock: &Clock) -> Self {
        Self {
            competitions,
            clock: clock.clone(),
            lists: FreshCache::new(LISTS_MEMORY, changes.clone(), clock.clone()),
            views: FreshCache::new(COMPETITIONS_MEMORY, changes.clone(), clock.clone()),
            tags: FreshCache::new(TAGS_MEMORY, changes.clone(), clock.clone()),
            suggestions: FreshCache::new(SUGGESTIONS_MEMORY, changes.clone(), clock.clone()),
        }
    }

    /// Returns a page of the published and cancelled competitions that match the filter.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn browse(
        &self,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Arc<Page<CompetitionView>>> {
        // Searches for the same words share an entry, however they are written.
        let filter = &CompetitionFilter {
            search: filter.search.as_deref().map(canonical_search),
            ..filter.clone()
        };
        let key = ListKey::Browse(filter.clone(), paging);
        let page = async || self.competitions.browse(filter, paging).await;
        self.list(key, page).await
    }

    /// Returns up to `count` competitions that are open for registration, the soonest first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn featured(&self, count: u64) -> Result<Arc<Page<CompetitionView>>> {
        let page = async || {
            let items = self.competitions.featured(count).await?;
            Ok(Page {
                total: items.len() as u64,
                items,
                page: 1,
                per_page: count,
            })
        };
        self.list(ListKey::Featured(count), page).await
    }

    /// Returns up to `count` competitions whose registration opens next.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn opening_soon(&self, count: u64) -> Result<Arc<Page<CompetitionView>>> {
        let page = async || {
            let items = self.competitions.opening_soon(count).await?;
            Ok(Page {
                total: items.len() as u64,
                items,
                page: 1,
                per_page: count,
            })
        };
        self.list(ListKey::OpeningSoon(count), page).await
    }

    /// Returns the published competitions of an organizer ([`Competitions::published_by`]).
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn organizer(&self, id: UserId) -> Result<Arc<Page<CompetitionView>>> {
        let page = async || {
            let items = self.competitions.published_by(id).await?;
            let total = items.len() as u64;
            Ok(Page {
                items,
                page: 1,
                per_page: total,
                total,
            })
        };
        self.list(ListKey::Organizer(id), page).await
    }

    /// Returns up to `count` competitions that are similar to this one and take registrations, now or later
    /// ([`Competitions::similar`]). Their seats may be older than in other lists.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn similar(
        &self,
        one: &CompetitionView,
        count: usize,
    ) -> Result<Arc<Page<CompetitionView>>> {
        let page = async || {
            let items = self.competitions.similar(one, count).await?;
            let total = items.len() as u64;
            Ok(Page {
                items,
                page: 1,
                per_page: count as u64,
                total,
            })
        };
        self.list(ListKey::Similar(one.id, count), page).await
    }

    async fn list(
        &self,
        key: ListKey,
        read: impl AsyncFnOnce() -> Result<Page<CompetitionView>>,
    ) -> Result<Arc<Page<CompetitionView>>> {
        let (size_of_key, scope) = (key.size(), key.scope());
        let compute = async || {
            let now = self.clock.now();
            let page = read().await?;
            Ok::<_, Error>(Computed {
                valid_until: phases_until(&page.items, now),
                size: size_of_key + page.items.iter().map(size_of_view).sum::<usize>(),
                value: page,
            })
        };
        self.lists.get_or_compute(key, scope, compute).await
    }

    /// Returns up to `count` tags of upcoming competitions with the number of competitions that have
    /// each, the most frequent first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn tags(&self, count: usize) -> Result<Arc<TagCounts>> {
        let compute = async || {
            let value = self.competitions.tags(count).await?;
            Ok::<_, Error>(Computed {
                size: value.iter().map(|(tag, _)| tag.len() + 32).sum(),
                value,
                valid_until: None,
            })
        };
        self.tags
            .get_or_compute(count, Scope::Catalog, compute)
            .await
    }

    /// Returns titles that complete what was typed into a search.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn suggestions(&self, typed: &str) -> Result<Arc<Vec<SuggestionView>>> {
        let key = canonical_search(typed);
        let compute = async || {
            let value = self.competitions.suggestions(&key).await?;
            let titles: usize = value.iter().map(|one| one.title.len() + 40).sum();
            Ok::<_, Error>(Computed {
                size: key.len() + titles,
                value,
                valid_until: None,
            })
        };
        self.suggestions
            .get_or_compute(key.clone(), Scope::Texts, compute)
            .await
    }

    /// Returns a competition. Drafts are read from the database, for those who manage them.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or if it is a draft that `viewer` does not
    /// manage.
    pub async fn competition(
        &self,
        id: CompetitionId,
        viewer: Option<Actor>,
    ) -> Result<Arc<CompetitionView>> {
        let compute = async || {
            let value = self.competitions.get(id, None).await?;
            Ok(Computed {
                size: size_of_view(&value),
                valid_until: value.next_phase_change(value.server_time),
                value,
            })
        };
        let scope = Scope::Competition(id);
        match self.views.get_or_compute(id, scope, compute).await {
            Err(Error::Domain(DomainError::NotFound)) if viewer.is_some() => {
                self.competitions.get(id, viewer).await.map(Arc::new)
            }
            found => found,
        }
    }
}

/// Returns until when the phases of these competitions are what they are at `now` if nothing changes.
#[must_use]
pub fn phases_until(shown: &[CompetitionView], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let changes = shown.iter().map(|one| one.next_phase_change(now));
    changes.flatten().min()
}

/// Returns the words of a search as they are searched for, so that searches that find the same are equal.
fn canonical_search(typed: &str) -> String {
    let words = query_words(typed);
    let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

/// Returns until when a page that shows these competitions is true if nothing changes: until the next
/// phase of one of them begins, or a countdown on it shows another second.
#[must_use]
pub fn shown_until<'a>(
    shown: impl IntoIterator<Item = &'a CompetitionView>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    shown
        .into_iter()
        .filter_map(|one| lifetime::shown_until(one, now))
        .min()
}

/// Returns the approximate size of a view in memory, in bytes.
fn size_of_view(view: &CompetitionView) -> usize {
    let words = view.tags.iter().chain(&view.email_domains);
    let words: usize = words.map(|word| word.len() + 24).sum();
    let picture = view.picture.as_ref();
    let picture = picture.map_or(0, |it| it.alt.len() + size_of_val(&*it.widths));
    let texts = [
        &view.title,
        &view.slug,
        &view.description,
        &view.location,
        &view.organizer_name,
        &view.time_zone,
        &view.picture_url,
    ];
    let divisions = view.divisions.iter();
    let divisions: usize = divisions
        .map(|one| size_of::<DivisionView>() + one.name.len())
        .sum();
    size_of::<CompetitionView>()
        + words
        + picture
        + divisions
        + texts.iter().map(|text| text.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_search_without_results_counts_as_large() {
        let filter = CompetitionFilter {
            search: Some("x".repeat(8_000)),
            ..CompetitionFilter::default()
        };
        let paging = Paging::new(None, None, 20);
        assert!(ListKey::Browse(filter, paging).size() > 8_000);
    }

    #[test]
    fn everything_that_an_organizer_writes_counts() {
        let text = "x".repeat(1_000);
        let view = CompetitionView {
            description: text.clone(),
            email_domains: vec![text.clone(); 2],
            tags: vec![text],
            ..CompetitionView::sample()
        };
        assert!(size_of_view(&view) > 4_000);
    }
}

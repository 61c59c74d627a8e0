//! Fragments: parts of pages that are the same for everyone, rendered once and kept as HTML.
//!
//! A page for a person who is logged in differs from the others in its header and in what it says about
//! this person. The rest of it is taken from here, as long as it is true ([`FreshCache`]).

use std::{convert::Infallible, sync::Arc};

use chrono::{DateTime, Utc};
use leptos::{prelude::*, tachys::html::InertElement};

use super::{own_zone::for_everyone, text::language};
use crate::{
    domain::{
        catalog::{Computed, FreshCache, shown_until},
        changes::{Changes, Scope},
    },
    model::{
        CompetitionId, CompetitionView, Language, UserId,
        forms::{CompetitionFilter, Paging},
    },
    ops::Clock,
};

/// The memory for fragments, in bytes.
const MEMORY: u64 = 24 << 20;

/// The name of a fragment, with everything that its content depends on besides the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fragment {
    /// The content of the landing page.
    Landing,
    /// The content of a list.
    List(CompetitionFilter, Paging),
    /// The head of a competition's page.
    CompetitionHead(CompetitionId),
    /// What a competition's page says about it.
    CompetitionBody(CompetitionId),
    /// The competitions that are similar to one.
    Similar(CompetitionId),
    /// The page of an organizer.
    Organizer(UserId),
}

impl Fragment {
    fn scope(&self) -> Scope {
        match self {
            Self::Landing | Self::List(..) | Self::Organizer(_) => Scope::Catalog,
            Self::Similar(_) => Scope::Texts,
            Self::CompetitionHead(id) | Self::CompetitionBody(id) => Scope::Competition(*id),
        }
    }
}

/// The fragments of this process, in each language. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fragments(Arc<FreshCache<(Fragment, Language), String>>);

impl Fragments {
    /// Creates an empty cache.
    #[must_use]
    pub fn new(changes: Changes, clock: Clock) -> Self {
        Self(Arc::new(FreshCache::new(MEMORY, changes, clock)))
    }

    /// Returns the fragment, or renders it. `shown` are the competitions that it shows.
    pub(super) async fn get(
        &self,
        fragment: Fragment,
        shown: &[&CompetitionView],
        now: DateTime<Utc>,
        render: impl FnOnce() -> AnyView,
    ) -> AnyView {
        let scope = fragment.scope();
        let compute = async || {
            let value = for_everyone(|| render().to_html());
            Ok::<_, Infallible>(Computed {
                size: value.len(),
                value,
                valid_until: shown_until(shown.iter().copied(), now),
            })
        };
        let Ok(html) = self
            .0
            .get_or_compute((fragment, language()), scope, compute)
            .await;
        InertElement::new((*html).clone()).into_any()
    }
}

//! The time zone in which pages show times to a viewer: the one that the account has chosen, or else the one that the
//! browser has noted in a cookie. Without either, times are in UTC until the browser rewrites them in its own zone,
//! which may move what is below them.
//!
//! Parts of pages that are the same for everyone must not depend on it: they are rendered inside [`for_everyone`].

use leptos::prelude::*;

use super::{attached::attached, session::viewer};
use crate::model::time_zone;

/// The zone that the browser has noted, which the web layer attaches to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedZone(String);

impl NotedZone {
    /// Reads the text of the cookie; `None` if it names no zone.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        time_zone::parse(text).map(|zone| Self(zone.name().to_owned()))
    }

    /// Returns the zone by its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// Marks what is rendered as the same for everyone.
#[derive(Debug, Clone, Copy)]
struct SameForEveryone;

/// Returns the time zone of the viewer by its IANA name; `None` if it is not known, and for visitors who are not
/// logged in, since what they see is the same for all of them.
#[must_use]
pub fn own_zone() -> Option<String> {
    if use_context::<SameForEveryone>().is_some() {
        return None;
    }
    let chosen = viewer().user?.time_zone;
    chosen.or_else(|| attached::<NotedZone>().map(|noted| noted.name().to_owned()))
}

/// Returns the time zone that the viewer has chosen, by its IANA name.
#[must_use]
pub fn chosen_zone() -> Option<String> {
    viewer().user?.time_zone
}

/// Renders something that must not depend on the viewer's time zone.
pub fn for_everyone<T>(render: impl FnOnce() -> T) -> T {
    let owner = Owner::current().map_or_else(Owner::new, |owner| owner.child());
    owner.with(|| {
        provide_context(SameForEveryone);
        render()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_for_everyone_does_not_mark_what_is_around_it() {
        let marked = || use_context::<SameForEveryone>().is_some();
        Owner::new().with(|| {
            assert!(!marked());
            assert!(for_everyone(marked));
            assert!(!marked());
        });
    }
}

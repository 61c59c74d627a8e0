//! The time zone that the viewer has chosen, in which pages show times. Without a choice, times are in UTC until the
//! browser rewrites them in its own zone.
//!
//! Parts of pages that are the same for everyone must not depend on it: they are rendered inside [`for_everyone`].

use leptos::prelude::*;

use super::session::viewer;

/// Marks what is rendered as the same for everyone.
#[derive(Debug, Clone, Copy)]
struct SameForEveryone;

/// Returns the time zone that the viewer has chosen, by its IANA name.
#[must_use]
pub fn own_zone() -> Option<String> {
    if use_context::<SameForEveryone>().is_some() {
        return None;
    }
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

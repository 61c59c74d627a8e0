//! The time zone in which pages show times to a viewer: the one that the account has chosen, or else the one that the
//! browser has noted in a cookie. Without either, times are in UTC until the browser rewrites them in its own zone,
//! which may move what is below them.
//!
//! Parts of pages that are the same for everyone must not depend on it: they are rendered inside [`for_everyone`].

use axum::http::{header, request::Parts};
use leptos::prelude::*;

use super::{islands::ZONE_COOKIE, session::viewer};
use crate::model::time_zone;

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
    viewer().user?.time_zone.or_else(noted_zone)
}

/// Returns the time zone that the viewer has chosen, by its IANA name.
#[must_use]
pub fn chosen_zone() -> Option<String> {
    viewer().user?.time_zone
}

/// Returns the zone that the browser has noted, if it is one.
fn noted_zone() -> Option<String> {
    with_context::<Parts, _>(|parts| {
        let headers = parts.headers.get_all(header::COOKIE);
        let lines = headers.iter().filter_map(|line| line.to_str().ok());
        zone_among(lines.flat_map(|line| line.split(';')))
    })
    .flatten()
}

fn zone_among<'a>(mut cookies: impl Iterator<Item = &'a str>) -> Option<String> {
    cookies.find_map(|cookie| {
        let name = cookie.trim().strip_prefix(ZONE_COOKIE)?.strip_prefix('=')?;
        time_zone::parse(name).map(|zone| zone.name().to_owned())
    })
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
    fn a_cookie_that_names_no_zone_is_as_good_as_none() {
        let zone = |line: &str| zone_among(line.split(';'));
        assert_eq!(
            zone("a=b; mc_zone=Asia/Tokyo").as_deref(),
            Some("Asia/Tokyo")
        );
        for line in [
            "",
            "mc_zone",
            "mc_zone=",
            "mc_zone=<b>",
            "xmc_zone=Asia/Tokyo",
        ] {
            assert_eq!(zone(line), None, "{line}");
        }
    }

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

//! The data that the server gives to an island.
//!
//! Leptos would write the arguments of an island into the page and read them with `serde_json`, which is a
//! tenth of the bundle. So islands have no arguments here: on the server they find their data in the context,
//! and in the browser in an attribute around the island. The browser tells its time zone in the other direction.

#[cfg(not(feature = "hydrate"))]
use leptos::prelude::*;
#[cfg(not(feature = "hydrate"))]
use serde::Serialize;

#[cfg(feature = "hydrate")]
use super::browser::{
    dom,
    json::{self, FromJson},
};

/// The cookie in which the browser notes its time zone, by its IANA name.
pub const ZONE_COOKIE: &str = "mc_zone";

/// Shows an island with its data. A page has at most one such island.
#[cfg(not(feature = "hydrate"))]
pub(super) fn with_data<T>(data: T, island: impl FnOnce() -> AnyView) -> AnyView
where
    T: Clone + Send + Sync + Serialize + 'static,
{
    // Without the attribute the page stays as the server has rendered it.
    let json = serde_json::to_string(&data).ok();
    provide_context(data);
    view! { <div class="island" data-island=json>{island()}</div> }.into_any()
}

/// Returns the data of the island that is rendered.
#[cfg(not(feature = "hydrate"))]
pub(super) fn read<T: Clone + 'static>() -> Option<T> {
    use_context()
}

/// Returns the data of the island of this page.
#[cfg(feature = "hydrate")]
pub(super) fn read<T: FromJson>() -> Option<T> {
    of(&dom::document()?)
}

/// Returns the data of the island of a page.
#[cfg(feature = "hydrate")]
pub(super) fn of<T: FromJson>(page: &web_sys::Document) -> Option<T> {
    let element = page.query_selector("[data-island]").ok()??;
    json::parse(&element.get_attribute("data-island")?)
}

//! Mini Compete: competitions with limited seats. Never one seat too many, never two seats for two
//! clicks, never "full" while seats are left, never a lost confirmation.
//!
//! The map of the house, from the roof down; imports run downward only:
//!
//! | floor | room | what happens there |
//! | --- | --- | --- |
//! | 6 | `startup` | builds the application from settings; runs until told to stop |
//! | 5 | `web` | the axum assembly: router, layers, sessions, CSRF, CSP, limits |
//! | 4 | `api`, [`ui`] | REST; pages, islands and server functions: two skins over the domain |
//! | 3 | `domain` | accounts, competitions, the registration path, mailbox, reports |
//! | 2 | `jobs` | outbox, worker pool, retry, dead letters |
//! | 1 | `store` | database, entities, and the ports lock, cache, queue, bus |
//! | 0 | [`model`], `ops` | what server and browser both speak; settings, clock, metrics |
//!
//! Start reading at `domain::registration`: it is what the project exists for. In the browser there
//! are only [`model`] and the islands of [`ui`].

// A page's view is one type, as deep as its markup.
#![recursion_limit = "256"]

pub mod model;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod domain;
#[cfg(feature = "ssr")]
pub mod external;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod startup;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod web;

/// Wakes the islands. The browser's script calls it once, after the bundle has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

//! Mini Compete: competitions with a limited number of seats. No competition is ever overbooked, a repeated
//! request never takes a second seat, no seat stays free while a registration waits for it, and no
//! confirmation is lost.
//!
//! # Layers
//!
//! A module imports only from the layers below its own.
//!
//! | layer | modules | content |
//! | --- | --- | --- |
//! | 8 | `startup` | the command line; builds the application from settings and runs it until the shutdown signal |
//! | 7 | `web` | the HTTP server: router, connections, sessions, CSRF, CSP, rate limits, static files |
//! | 6 | `api`, [`ui`] | two adapters over the domain: the REST API; pages, islands and server functions |
//! | 5 | `domain` | accounts, competitions, registrations, messages, announcements, reminders, the audit log |
//! | 4 | `jobs` | the outbox and its relay, queues and workers, retries, dead letters, scheduled tasks |
//! | 3 | `store`, `external` | the database and its tables; the ports lock, cache, counters, queue and bus; the SMTP server |
//! | 2 | [`text`] | the catalogue: every sentence that people read, in each language |
//! | 1 | `ops` | settings, clock, logging, metrics, health |
//! | 0 | [`model`] | ids, enumerations, forms, views and domain errors, shared by server and browser |
//!
//! `domain::registration` is the heart of the project and a good place to start reading. The browser
//! bundle contains only [`model`], the names of sentences in [`text`] and the islands of [`ui`].

// A page's view is a single type that is nested as deeply as its markup.
#![recursion_limit = "256"]

pub mod model;
pub mod text;
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

/// Hydrates the islands of a page. The page's script calls it once, after the bundle has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

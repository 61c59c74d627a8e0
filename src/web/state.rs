//! What the handlers and layers of the web layer share.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use crate::{
    domain::{Services, tokens::Tokens},
    ops::Clock,
    store::{Database, ports::Ports},
    ui::{BrowserBundle, fragments::Fragments},
};

/// The application as the web layer uses it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The functions of the domain.
    pub services: Arc<Services>,
    /// The ports, chosen at start: Redis or memory.
    pub ports: Ports,
    /// The database, for sessions and `/readyz`.
    pub database: Database,
    /// Issues and verifies access and refresh tokens.
    pub tokens: Tokens,
    /// The clock, which tests can move.
    pub clock: Clock,
    /// The settings that concern the web layer.
    pub config: Arc<Config>,
    /// Where the pages find the browser bundle.
    pub leptos: LeptosOptions,
    /// The parts of pages that are the same for everyone.
    pub fragments: Fragments,
    /// What pages need to load the style sheet and the browser bundle.
    pub bundle: BrowserBundle,
    /// The shutdown signal: event streams end when it is cancelled.
    pub stop: CancellationToken,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

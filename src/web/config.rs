//! What of the settings the web needs; startup fills it.

use std::time::Duration;

use url::Url;

use crate::{
    api::StreamLimits,
    domain::keys::Key,
    model::forms::LARGEST_REQUEST,
    ops::settings::{Hsts, TrustedProxies},
};

/// Requests that are worked on at the same time. Beyond it the answer is a quick 503: those who
/// wait already are served in good time, and memory stays bounded.
const MAX_IN_FLIGHT: usize = 8192;
/// How long a session lives without use.
const SESSION_DAYS: u64 = 30;

/// What of the settings the web needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where people reach us: links, `Secure` cookies, Origin checks.
    pub public_url: Url,
    /// The one extra origin that may call the API from a browser.
    pub frontend_url: Option<Url>,
    /// How far browsers are bound to https, where people reach us by it.
    pub hsts: Hsts,
    /// Whether rates are limited.
    pub rate_limit: bool,
    /// Peers whose `Forwarded` or `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Authenticates what cookies carry that is shown again.
    pub cookie_key: Key,
    /// How long a session of somebody logged in lives without use.
    pub session_ttl: Duration,
    /// Requests worked on at the same time.
    pub max_in_flight: usize,
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// How many event streams there may be.
    pub streams: StreamLimits,
}

impl Config {
    /// The usual ones.
    #[must_use]
    pub fn new(public_url: Url, cookie_key: Key) -> Self {
        Self {
            public_url,
            frontend_url: None,
            hsts: Hsts::default(),
            rate_limit: true,
            trusted_proxies: TrustedProxies::default(),
            cookie_key,
            session_ttl: Duration::from_secs(SESSION_DAYS * 24 * 60 * 60),
            max_in_flight: MAX_IN_FLIGHT,
            body_limit: LARGEST_REQUEST,
            streams: StreamLimits::UNBOUNDED,
        }
    }

    /// Whether people reach us by https.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Our own origin, as browsers write it.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The frontend's origin, as browsers write it.
    #[must_use]
    pub fn frontend_origin(&self) -> Option<String> {
        let url = self.frontend_url.as_ref()?;
        Some(url.origin().ascii_serialization())
    }
}

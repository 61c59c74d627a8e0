//! The settings that concern the web layer; `startup` fills them in.

use std::time::Duration;

use url::Url;

use crate::{
    api::StreamLimits,
    domain::purpose_key::PurposeKey,
    model::forms::LARGEST_REQUEST,
    ops::settings::{Hsts, TrustedProxies},
};

/// The largest number of requests in progress. Further ones get 503 at once, so that those which were
/// accepted are served in good time and memory stays bounded.
const MAX_IN_FLIGHT: usize = 8192;
/// Days for which a session is kept without use.
const SESSION_DAYS: u64 = 30;

/// The settings that concern the web layer.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address at which people reach the application: for links, `Secure` cookies and checks of
    /// `Origin`.
    pub public_url: Url,
    /// The one other origin that may call the API from a browser.
    pub frontend_url: Option<Url>,
    /// Which hosts browsers may reach by https only, if the application is reached by https.
    pub hsts: Hsts,
    /// Whether the rates of requests are limited.
    pub rate_limit: bool,
    /// The proxies whose `Forwarded` or `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// The key that authenticates the content of cookies which is shown on pages.
    pub cookie_key: PurposeKey,
    /// How long the session of a logged-in account is kept without use.
    pub session_ttl: Duration,
    /// The largest number of requests in progress.
    pub max_in_flight: usize,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// The bounds on the number of event streams.
    pub streams: StreamLimits,
}

impl Config {
    /// Creates the default configuration for this address and key.
    #[must_use]
    pub fn new(public_url: Url, cookie_key: PurposeKey) -> Self {
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

    /// Whether people reach the application by https.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Returns our own origin, as browsers write it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// Returns the frontend's origin, as browsers write it in `Origin`; `None` without a frontend.
    #[must_use]
    pub fn frontend_origin(&self) -> Option<String> {
        let url = self.frontend_url.as_ref()?;
        Some(url.origin().ascii_serialization())
    }
}

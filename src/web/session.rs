//! Who looks at a page: the session behind the cookie, and the account behind the session.
//!
//! Static files, health checks and requests without a cookie never ask. Whoever has a session gets
//! answers that no cache may keep.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

use super::{AppState, refuse::refuse};
use crate::{
    api::ApiError,
    domain::{self, Services, Viewer},
    model::UserView,
    ops::Clock,
    store::sessions::{Sessions, account},
};

/// The cookie's name, where people reach us by http.
const COOKIE: &str = "mc_session";
/// The same by https. By the prefix (RFC 6265bis, section 4.1.3.2) browsers take it over https only,
/// for all paths of this very host: neither a neighbour on a subdomain nor somebody in between can
/// plant one.
const HOST_COOKIE: &str = "__Host-mc_session";
/// The session key for the day of the last visit: a session is prolonged once a day, not at every
/// page.
const SEEN: &str = "seen";
/// How long a session lives in which nobody is logged in: long enough for a message to be shown.
const ANONYMOUS: Duration = Duration::hours(1);

/// The session cookie's name.
const fn cookie(https: bool) -> &'static str {
    if https { HOST_COOKIE } else { COOKIE }
}

/// Whether a request carries a session cookie.
pub(super) fn has_cookie(headers: &HeaderMap, https: bool) -> bool {
    headers.get_all(header::COOKIE).iter().any(|value| {
        value.to_str().is_ok_and(|text| {
            text.split(';')
                .filter_map(|pair| pair.split_once('='))
                .any(|(name, _)| name.trim() == cookie(https))
        })
    })
}

/// Puts sessions in front of all routes of a router.
pub(super) fn layers(router: Router, state: &AppState, sessions: Sessions) -> Router {
    let ttl = i64::try_from(state.config.session_ttl.as_secs()).unwrap_or(i64::MAX);
    let manager = SessionManagerLayer::new(sessions)
        .with_name(cookie(state.config.https()))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.https())
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::seconds(ttl)));
    let desk = Desk {
        services: state.services.clone(),
        clock: state.clock.clone(),
        https: state.config.https(),
    };
    router.layer(
        ServiceBuilder::new()
            .layer(manager)
            .layer(from_fn_with_state(desk, layer)),
    )
}

#[derive(Debug, Clone)]
struct Desk {
    services: Arc<Services>,
    clock: Clock,
    https: bool,
}

/// Finds out who asks, and tidies the session up after the answer.
async fn layer(
    State(desk): State<Desk>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let viewer = if has_cookie(request.headers(), desk.https) {
        match desk.viewer(&session).await {
            Ok(viewer) => viewer,
            Err(error) => {
                return refuse(request.uri().path(), request.headers(), error.into());
            }
        }
    } else {
        None
    };
    let personal = session.id().is_some() || request.headers().contains_key(header::AUTHORIZATION);
    request.extensions_mut().insert(Viewer(viewer));

    let mut response = next.run(request).await;

    if session.is_modified() {
        match account::account(&session).await {
            Ok(Some(_)) => {}
            Ok(None) => session.set_expiry(Some(Expiry::OnInactivity(ANONYMOUS))),
            Err(error) => {
                tracing::error!(%error, "a session could not be read");
                return ApiError::from(error).into_response();
            }
        }
    }
    if personal {
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

impl Desk {
    /// The account behind a session, if there is one; notes the day of the visit.
    async fn viewer(&self, session: &Session) -> domain::Result<Option<UserView>> {
        let Some(id) = account::account(session).await? else {
            return Ok(None);
        };
        let Some(user) = self.services.accounts.find(id).await? else {
            // The account is gone, so is the session.
            account::log_out(session).await?;
            return Ok(None);
        };
        let today = self.clock.now().timestamp() / (24 * 60 * 60);
        if session
            .get::<i64>(SEEN)
            .await
            .map_err(account::into_error)?
            != Some(today)
        {
            session
                .insert(SEEN, today)
                .await
                .map_err(account::into_error)?;
        }
        Ok(Some(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let with = |text: &'static str| {
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))])
        };
        let found = |headers: &HeaderMap| has_cookie(headers, false);
        assert!(found(&with("theme=dark; mc_session=abc")));
        assert!(!found(&with("theme=mc_session")));
        assert!(!found(&with("xmc_session=abc")));
        assert!(!found(&HeaderMap::new()));
        // Anybody on a neighbouring host can plant the plain one.
        assert!(has_cookie(&with("__Host-mc_session=abc"), true));
        assert!(!has_cookie(&with("mc_session=abc"), true));
    }
}

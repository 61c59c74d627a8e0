//! Looks up the session of a request's cookie and the account that is logged in to it.
//!
//! Static files, health checks and requests without a cookie cause no look-up. Responses to requests
//! with a session are personal: no cache may keep them.

use std::{convert::Infallible, pin::Pin, sync::Arc, task};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{Route, future::RouteFuture},
};
use chrono::TimeDelta;
use futures::{
    TryFutureExt,
    future::{Either, MapOk},
};
use sha2::{Digest, Sha256};
use tower::{Service, ServiceBuilder, layer::layer_fn, util::BoxCloneSyncService};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

use super::{cookies, languages, request_language};
use crate::{
    api::{self, ApiError},
    domain::{
        self, ClientAddress, Services, Viewer,
        accounts::{LoggedInViewer, Origin, log_ins::lifetime},
    },
    ops::Clock,
    store::sessions::{Sessions, account},
    web::{error_response::error_response, state::AppState},
};

/// The cookie's name when the application is reached by http.
const COOKIE: &str = "mc_session";
/// The cookie's name by https. Because of the prefix (RFC 6265bis, section 4.1.3.2) browsers accept it
/// over https only and for this host only: neither another subdomain nor an attacker in the network
/// can set it.
const HOST_COOKIE: &str = "__Host-mc_session";
/// The header that tells the service worker whose pages these are: a name of the session that reveals nothing about
/// it, and the second (Unix time) at which it ends.
const SESSION_NAME: HeaderName = HeaderName::from_static("mc-session");
/// How long an anonymous session is kept: long enough for a message to be shown.
const ANONYMOUS_TTL: Duration = Duration::hours(1);

/// Returns the session cookie's name.
const fn cookie_name(https: bool) -> &'static str {
    if https { HOST_COOKIE } else { COOKIE }
}

/// Whether a request carries a session cookie.
pub(in crate::web) fn has_cookie(headers: &HeaderMap, https: bool) -> bool {
    headers.get_all(header::COOKIE).iter().any(|value| {
        value.to_str().is_ok_and(|text| {
            text.split(';')
                .filter_map(|pair| pair.split_once('='))
                .any(|(name, _)| name.trim() == cookie_name(https))
        })
    })
}

/// Surrounds all routes of a router with what a session needs: the cookies beside it ([`cookies`]), the
/// layer that loads and saves sessions, and [`layer`]. A call of the API that proves its account by a
/// token and carries no cookie passes none of them.
pub(in crate::web) fn layers(router: Router, state: &AppState, sessions: Sessions) -> Router {
    let ttl = i64::try_from(state.config.session_ttl.as_secs()).unwrap_or(i64::MAX);
    let manager = SessionManagerLayer::new(sessions.clone())
        .with_name(cookie_name(state.config.https()))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.https())
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::seconds(ttl)));
    let viewers = ViewerLookup {
        services: state.services.clone(),
        sessions,
        clock: state.clock.clone(),
        https: state.config.https(),
        ttl: TimeDelta::from_std(state.config.session_ttl).unwrap_or_default(),
    };
    let with_session = ServiceBuilder::new()
        .layer(from_fn_with_state(
            Arc::clone(&state.config),
            cookies::layer,
        ))
        .layer(manager)
        .layer(from_fn_with_state(viewers, layer));
    router.layer(layer_fn(move |route: Route| MaybeSession {
        without_session: route.clone(),
        with_session: BoxCloneSyncService::new(with_session.clone().service(route)),
    }))
}

/// A route that can be called with and without a session.
#[derive(Clone)]
struct MaybeSession {
    without_session: Route,
    with_session: BoxCloneSyncService<Request, Response, Infallible>,
}

impl Service<Request> for MaybeSession {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<MapOk<RouteFuture<Infallible>, fn(Response) -> Response>, BoxedResponse>;

    /// The services of axum are always ready.
    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if is_token_call(request.uri().path(), request.headers()) {
            // Handlers that verify the password need it. Without a cookie the device is not known.
            let address = request.extensions().get::<ClientAddress>().copied();
            let language = request_language::known(&request);
            let extensions = request.extensions_mut();
            extensions.insert(Origin::new(address, None).reading(language));
            let responding = self.without_session.call(request);
            Either::Left(responding.map_ok(never_stored))
        } else {
            Either::Right(self.with_session.call(request))
        }
    }
}

/// The future of a boxed service.
type BoxedResponse = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Whether a request calls the API with a token and without a cookie, so that it has no session and its
/// handler looks for none. Only log-ins set cookies.
fn is_token_call(path: &str, headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        && !headers.contains_key(header::COOKIE)
        && path
            .strip_prefix(api::BASE)
            .is_some_and(|rest| !rest.starts_with("/auth/"))
}

/// Forbids caches to keep a personal response.
fn never_stored(mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What the look-up of a session's account needs.
#[derive(Debug, Clone)]
struct ViewerLookup {
    services: Arc<Services>,
    sessions: Sessions,
    clock: Clock,
    https: bool,
    ttl: TimeDelta,
}

/// Attaches the [`Viewer`] to the request. After the response it shortens the life of a session to
/// which no account is logged in, and forbids caches to keep personal responses.
async fn layer(
    State(viewers): State<ViewerLookup>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let (viewer, name) = if has_cookie(request.headers(), viewers.https) {
        match viewers.named_viewer(&session).await {
            Ok(named) => named,
            Err(error) => {
                return error_response(request.uri().path(), request.headers(), error.into());
            }
        }
    } else {
        (Viewer::default(), None)
    };
    let language = viewer
        .language
        .filter(|_| languages::follows_account(&request));
    if let Some(language) = language {
        request.extensions_mut().insert(language);
    }
    let personal = session.id().is_some() || request.headers().contains_key(header::AUTHORIZATION);
    request.extensions_mut().insert(viewer);

    let mut response = next.run(request).await;
    if let Some(language) = language {
        response.extensions_mut().insert(language);
    }

    let is_shown = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(is_shown_offline);
    if let Some(name) = name.filter(|_| is_shown) {
        response.headers_mut().insert(SESSION_NAME, name);
    }
    if session.is_modified() {
        match account::account(&session).await {
            Ok(Some(_)) => {}
            Ok(None) => session.set_expiry(Some(Expiry::OnInactivity(ANONYMOUS_TTL))),
            Err(error) => {
                return ApiError::from(error).into_response();
            }
        }
    }
    if personal {
        never_stored(response)
    } else {
        response
    }
}

/// Returns whether the service worker may keep a response of this media type: pages, and the pictures of tickets.
fn is_shown_offline(content_type: &HeaderValue) -> bool {
    let name = content_type.as_bytes();
    name.starts_with(b"text/html") || name.starts_with(b"image/")
}

impl ViewerLookup {
    /// Returns the account that is logged in, and what [`SESSION_NAME`] says about its session.
    async fn named_viewer(
        &self,
        session: &Session,
    ) -> domain::Result<(Viewer, Option<HeaderValue>)> {
        let viewer = self.viewer(session).await?;
        let (Some(user), Some(id)) = (&viewer.user, session.id()) else {
            return Ok((viewer, None));
        };
        let now = self.clock.now();
        let logged_in_at = account::logged_in_at(session).await?.unwrap_or(now);
        let end = (logged_in_at + lifetime(user.role)).min(now + self.ttl);
        let name = Sha256::digest(format!("offline {id}"));
        let text = format!("{};{}", hex::encode(&name[..8]), end.timestamp());
        Ok((viewer, HeaderValue::try_from(text).ok()))
    }

    /// Returns the account that is logged in to a session, and notes the day of the visit. A session
    /// whose account was deleted is deleted too.
    async fn viewer(&self, session: &Session) -> domain::Result<Viewer> {
        let Some(id) = account::account(session).await? else {
            return Ok(Viewer::default());
        };
        let found = self.services.accounts.viewer(id).await?;
        let Some(LoggedInViewer {
            viewer,
            role,
            auth_epoch,
        }) = found
        else {
            account::log_out(session).await?;
            return Ok(Viewer::default());
        };
        // Something was changed or ended since the log-in: the cache may not know yet what.
        if account::auth_epoch(session).await? != auth_epoch {
            let live = match session.id() {
                Some(id) => self.sessions.is_live(&id).await?,
                None => false,
            };
            if !live {
                account::log_out(session).await?;
                return Ok(Viewer::default());
            }
            account::set_auth_epoch(session, auth_epoch).await?;
        }
        let now = self.clock.now();
        match account::logged_in_at(session).await? {
            Some(at) if now - at >= lifetime(role) => {
                account::log_out(session).await?;
                return Ok(Viewer::default());
            }
            Some(_) => {}
            // A session of an earlier release: its time begins now.
            None => account::set_logged_in_at(session, now).await?,
        }
        // A session is prolonged once a day and not at every page.
        let today = self.clock.now().timestamp() / (24 * 60 * 60);
        if session
            .get::<i64>(account::LAST_VISIT_KEY)
            .await
            .map_err(account::into_error)?
            != Some(today)
        {
            session
                .insert(account::LAST_VISIT_KEY, today)
                .await
                .map_err(account::into_error)?;
        }
        Ok(viewer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_with_a_token_and_without_a_cookie_pass_no_session() {
        let token =
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"))]);
        assert!(is_token_call("/api/v1/me", &token));
        assert!(!is_token_call("/api/v1/me", &HeaderMap::new()));
        assert!(!is_token_call("/api/v1/auth/login", &token));
        assert!(!is_token_call("/competitions", &token));
        let mut both = token;
        both.insert(header::COOKIE, HeaderValue::from_static("mc_session=a"));
        assert!(!is_token_call("/api/v1/me", &both));
    }

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
        // Any neighbouring host can set the cookie without the prefix.
        assert!(has_cookie(&with("__Host-mc_session=abc"), true));
        assert!(!has_cookie(&with("mc_session=abc"), true));
    }
}

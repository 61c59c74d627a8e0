//! How often one may knock: counters that all processes share.
//!
//! Guessing passwords is slow, one address cannot keep everybody else out, and one account cannot
//! crowd a registration. Addresses and e-mail addresses are hashed before they become keys. While
//! Redis is away each process counts by itself.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{AppState, Config, guard::too_large, refuse::refuse};
use crate::{
    api::{Visitor, bearer},
    domain::{ClientAddress, tokens::Tokens},
    model::{Refusal, UserId},
    store::ports::Counters,
};

const MINUTE: Duration = Duration::from_secs(60);

/// So many a minute.
mod per_minute {
    /// Attempts to log in to one account from one address.
    pub(super) const LOGIN: u64 = 10;
    /// Attempts to log in, sign up or reset a password from one address.
    pub(super) const ACCOUNTS: u64 = 30;
    /// Registrations of one account.
    pub(super) const REGISTER: u64 = 60;
    /// Calls of the API from one address.
    pub(super) const API: u64 = 1200;
}

/// What a request tries, as far as limits care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// Proving a password.
    Login,
    /// Making an account, or asking for a new password.
    Account,
    /// Taking a seat.
    Register,
    /// Anything else.
    Other,
}

impl Attempt {
    /// Reads method and path; server functions carry a number after their name.
    fn of(method: &Method, path: &str) -> Self {
        if method != Method::POST {
            return Self::Other;
        }
        if let Some(name) = path.strip_prefix("/act/") {
            return match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "login" | "log_in" => Self::Login,
                "signup" | "sign_up" | "forgot" | "forgot_password" | "reset"
                | "reset_password" => Self::Account,
                "register" | "register_seat" => Self::Register,
                _ => Self::Other,
            };
        }
        match path {
            "/api/v1/auth/login" => Self::Login,
            "/api/v1/auth/signup" => Self::Account,
            _ if path.starts_with("/api/v1/competitions/") && path.ends_with("/registrations") => {
                Self::Register
            }
            _ => Self::Other,
        }
    }
}

/// Counts and refuses. Cheap to clone.
#[derive(Clone)]
pub(super) struct Limiter {
    counters: Arc<dyn Counters>,
    tokens: Tokens,
    config: Arc<Config>,
}

impl Limiter {
    pub(super) fn new(state: &AppState) -> Self {
        Self {
            counters: state.ports.counters.clone(),
            tokens: state.tokens.clone(),
            config: state.config.clone(),
        }
    }

    async fn hit(&self, key: &str, most: u64) -> Result<(), Refusal> {
        let count = self.counters.hit(key, MINUTE).await;
        if count.hits <= most {
            return Ok(());
        }
        Err(Refusal::TooManyRequests {
            retry_after: count.left.as_secs().max(1),
        })
    }

    fn account(&self, request: &Request) -> Option<UserId> {
        match bearer(request.headers()) {
            Some(token) => self.tokens.verify(token).ok().map(|actor| actor.id),
            None => {
                let visitor = request.extensions().get::<Visitor>()?;
                visitor.0.as_ref().map(|user| user.id)
            }
        }
    }
}

pub(super) async fn layer(
    State(limiter): State<Limiter>,
    mut request: Request,
    next: Next,
) -> Response {
    if !limiter.config.rate_limit {
        return next.run(request).await;
    }
    let path = request.uri().path().to_owned();
    let attempt = Attempt::of(request.method(), &path);
    let address = request.extensions().get::<ClientAddress>().copied();

    let mut hits = Vec::new();
    if let Some(address) = address {
        let address = address.network().to_string();
        if path.starts_with("/api/") {
            hits.push((key("api", &[&address]), per_minute::API));
        }
        if matches!(attempt, Attempt::Login | Attempt::Account) {
            hits.push((key("accounts", &[&address]), per_minute::ACCOUNTS));
        }
        if attempt == Attempt::Login {
            let headers = request.headers().clone();
            let (parts, body) = request.into_parts();
            let Ok(body) = to_bytes(body, limiter.config.body_limit).await else {
                return refuse(&path, &headers, too_large(limiter.config.body_limit));
            };
            if let Some(email) = email(&headers, &body) {
                hits.push((key("login", &[&address, &email]), per_minute::LOGIN));
            }
            request = Request::from_parts(parts, Body::from(body));
        }
    }
    if attempt == Attempt::Register
        && let Some(user) = limiter.account(&request)
    {
        hits.push((key("register", &[&user.to_string()]), per_minute::REGISTER));
    }
    for (key, most) in hits {
        if let Err(refusal) = limiter.hit(&key, most).await {
            return refuse(&path, request.headers(), refusal.into());
        }
    }
    next.run(request).await
}

/// `rate:<what>:<hash>`: nobody's address stands in Redis.
fn key(what: &str, parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    format!("rate:{what}:{}", hex::encode(digest.split_at(16).0))
}

/// The e-mail address in a login, as JSON or as a form (whose field may be nested).
fn email(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let email = if json {
        let value: serde_json::Value = serde_json::from_slice(body).ok()?;
        value.get("email")?.as_str()?.to_owned()
    } else {
        url::form_urlencoded::parse(body)
            .find(|(name, _)| name == "email" || name.ends_with("[email]"))?
            .1
            .into_owned()
    };
    Some(email.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_sign_ups_and_registrations_are_told_apart_on_both_doors() {
        let post = |path: &str| Attempt::of(&Method::POST, path);
        assert_eq!(post("/api/v1/auth/login"), Attempt::Login);
        assert_eq!(post("/act/log_in9283746"), Attempt::Login);
        assert_eq!(post("/act/sign_up"), Attempt::Account);
        assert_eq!(
            post("/api/v1/competitions/x/registrations"),
            Attempt::Register
        );
        assert_eq!(post("/act/register1"), Attempt::Register);
        assert_eq!(post("/act/logout"), Attempt::Other);
        assert_eq!(
            Attempt::of(&Method::GET, "/api/v1/competitions/x/registrations"),
            Attempt::Other
        );
    }

    #[test]
    fn keys_say_what_but_not_who() {
        let login = key("login", &["192.0.2.1", "ada@example.org"]);
        assert!(login.starts_with("rate:login:"));
        assert!(!login.contains("192") && !login.contains("ada"));
        assert_ne!(login, key("login", &["192.0.2.2", "ada@example.org"]));
        assert_ne!(key("a", &["bc", "d"]), key("a", &["b", "cd"]));
    }

    #[test]
    fn the_address_is_found_in_json_and_in_forms() {
        let json = HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        )]);
        let body = Bytes::from_static(b"{\"email\":\" Ada@Example.org\",\"password\":\"x\"}");
        assert_eq!(email(&json, &body).as_deref(), Some("ada@example.org"));
        let form = HeaderMap::new();
        let body = Bytes::from_static(b"form%5Bemail%5D=ada%40example.org&password=x");
        assert_eq!(email(&form, &body).as_deref(), Some("ada@example.org"));
        assert_eq!(email(&form, &Bytes::from_static(b"{")), None);
    }
}

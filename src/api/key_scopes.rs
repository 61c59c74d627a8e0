//! Which operations a program may call with an API key, and the scope that each needs. An operation that is not listed
//! can't be called with a key: neither what concerns the account itself, nor administration, nor registering.

use axum::extract::MatchedPath;
use axum::http::{Method, request::Parts};

use super::state::BASE;
use crate::{domain::api_keys::VerifiedApiKey, model::ApiKeyScope, model::DomainError};

use ApiKeyScope::{AnnouncementsWrite, CompetitionsRead, CompetitionsWrite, RegistrationsRead};

/// The operations, by method and path below [`BASE`].
const OPERATIONS: &[(&Method, &str, ApiKeyScope)] = &[
    (&Method::GET, "/competitions", CompetitionsRead),
    (&Method::POST, "/competitions", CompetitionsWrite),
    (&Method::GET, "/competitions/{id}", CompetitionsRead),
    (&Method::PATCH, "/competitions/{id}", CompetitionsWrite),
    (&Method::DELETE, "/competitions/{id}", CompetitionsWrite),
    (
        &Method::POST,
        "/competitions/{id}/duplicate",
        CompetitionsWrite,
    ),
    (
        &Method::GET,
        "/competitions/{id}/cover.svg",
        CompetitionsRead,
    ),
    (
        &Method::GET,
        "/competitions/{id}/cover.png",
        CompetitionsRead,
    ),
    (
        &Method::GET,
        "/competitions/{id}/picture.jpg",
        CompetitionsRead,
    ),
    (
        &Method::PUT,
        "/competitions/{id}/picture",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/picture",
        CompetitionsWrite,
    ),
    (
        &Method::GET,
        "/competitions/{id}/divisions",
        CompetitionsRead,
    ),
    (
        &Method::POST,
        "/competitions/{id}/divisions",
        CompetitionsWrite,
    ),
    (
        &Method::PATCH,
        "/competitions/{id}/divisions/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/divisions/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::GET,
        "/competitions/{id}/questions",
        CompetitionsRead,
    ),
    (
        &Method::POST,
        "/competitions/{id}/questions",
        CompetitionsWrite,
    ),
    (
        &Method::PATCH,
        "/competitions/{id}/questions/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/questions/{partId}",
        CompetitionsWrite,
    ),
    // Codes are as good as seats.
    (&Method::GET, "/competitions/{id}/codes", CompetitionsWrite),
    (&Method::POST, "/competitions/{id}/codes", CompetitionsWrite),
    (
        &Method::POST,
        "/competitions/{id}/codes/generate",
        CompetitionsWrite,
    ),
    (
        &Method::PATCH,
        "/competitions/{id}/codes/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/codes/{partId}",
        CompetitionsWrite,
    ),
    (&Method::GET, "/competitions/{id}/stages", CompetitionsRead),
    (
        &Method::POST,
        "/competitions/{id}/stages",
        CompetitionsWrite,
    ),
    (
        &Method::PATCH,
        "/competitions/{id}/stages/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/stages/{partId}",
        CompetitionsWrite,
    ),
    (
        &Method::GET,
        "/competitions/{id}/standings",
        CompetitionsRead,
    ),
    (
        &Method::GET,
        "/competitions/{id}/brackets",
        CompetitionsRead,
    ),
    (
        &Method::POST,
        "/competitions/{id}/brackets",
        CompetitionsWrite,
    ),
    (&Method::GET, "/brackets/{id}", CompetitionsRead),
    (&Method::PATCH, "/brackets/{id}", CompetitionsWrite),
    (&Method::DELETE, "/brackets/{id}", CompetitionsWrite),
    (
        &Method::PUT,
        "/brackets/{id}/matches/{matchId}",
        CompetitionsWrite,
    ),
    (
        &Method::DELETE,
        "/brackets/{id}/matches/{matchId}",
        CompetitionsWrite,
    ),
    (
        &Method::PATCH,
        "/brackets/{id}/entrants/{seed}",
        CompetitionsWrite,
    ),
    (&Method::GET, "/stages/{id}/performances", RegistrationsRead),
    (
        &Method::POST,
        "/stages/{id}/performances",
        CompetitionsWrite,
    ),
    (&Method::POST, "/stages/{id}/publish", CompetitionsWrite),
    (
        &Method::GET,
        "/competitions/{id}/announcements",
        CompetitionsRead,
    ),
    (
        &Method::POST,
        "/competitions/{id}/announcements",
        AnnouncementsWrite,
    ),
    (
        &Method::DELETE,
        "/competitions/{id}/announcements/{announcementId}",
        AnnouncementsWrite,
    ),
    (
        &Method::GET,
        "/competitions/{id}/registrations",
        RegistrationsRead,
    ),
    (&Method::GET, "/competitions/{id}/views", RegistrationsRead),
    (&Method::GET, "/registrations/{id}", RegistrationsRead),
];

/// Returns the scope that an operation needs; `None` if it can't be called with an API key.
pub(super) fn scope_of(method: &Method, path: &str) -> Option<ApiKeyScope> {
    let method = match *method {
        // The response without its body.
        Method::HEAD => &Method::GET,
        _ => method,
    };
    let path = path.strip_prefix(BASE)?;
    OPERATIONS
        .iter()
        .find(|(of, at, _)| *of == method && *at == path)
        .map(|(_, _, scope)| *scope)
}

/// Checks that a request may be sent with a key.
///
/// # Errors
/// Returns [`DomainError::Forbidden`] if it may not.
pub(super) fn check(parts: &Parts, key: &VerifiedApiKey) -> Result<(), DomainError> {
    let path = parts.extensions.get::<MatchedPath>();
    let needed = path.and_then(|path| scope_of(&parts.method, path.as_str()));
    match needed {
        Some(needed) if key.scopes.contains(&needed) => Ok(()),
        _ => Err(DomainError::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_list_exists_and_needs_an_account_or_shows_drafts() {
        let document = serde_json::to_value(super::super::openapi()).unwrap();
        for (method, path, scope) in OPERATIONS {
            let name = method.as_str().to_lowercase();
            let operation = &document["paths"][format!("{BASE}{path}")][name];
            let ways = operation["security"].as_array().expect(path);
            let with_key = ways.iter().filter_map(|way| way.get("apiKey"));
            let scopes: Vec<_> = with_key.collect();
            assert_eq!(scopes, [&serde_json::json!([scope])], "{method} {path}");
        }
    }

    #[test]
    fn what_is_not_listed_needs_more_than_a_key() {
        let scope = |method, path: &str| scope_of(method, &format!("{BASE}{path}"));
        for path in [
            "/me",
            "/api-keys",
            "/admin/users",
            "/competitions/{id}/events",
        ] {
            assert_eq!(scope(&Method::GET, path), None, "{path}");
        }
        let register = "/competitions/{id}/registrations";
        assert_eq!(scope(&Method::POST, register), None);
        assert_eq!(scope(&Method::HEAD, register), Some(RegistrationsRead));
        assert_eq!(scope_of(&Method::GET, "/competitions"), None);
    }
}

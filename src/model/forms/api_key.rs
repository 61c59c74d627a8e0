//! The form of a new API key: as typed in the browser ([`ApiKeyForm`]), and as the value that the REST API's JSON has
//! ([`ApiKeyInput`]).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
};
use crate::model::{ApiKeyScope, timestamp::storable};

/// The length of the longest name of a key, in characters.
pub const API_KEY_NAME: usize = 80;
/// How far ahead a key may expire.
const MAX_AHEAD: TimeDelta = TimeDelta::days(5 * 366);

/// Everything that an organizer decides about a new API key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApiKeyInput {
    /// What the key is for, one line of at most 80 characters.
    pub name: String,
    /// What a program may do with the key, at least one thing.
    pub scopes: Vec<ApiKeyScope>,
    /// The time from which the key is refused, at most five years ahead; it does not expire if this is absent or
    /// `null`.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKeyInput {
    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = line(&self.name, FieldProblem::NoKeyName, 1, API_KEY_NAME);
        let name = errors.check("name", name);
        let chosen = |scope: &&ApiKeyScope| self.scopes.contains(scope);
        let scopes: Vec<_> = ApiKeyScope::ALL.iter().filter(chosen).copied().collect();
        if scopes.is_empty() {
            errors.add("scopes", FieldProblem::NoScope);
        }
        let expires_at = self.expires_at.map(storable);
        match expires_at {
            Some(at) if at <= now => errors.add("expiresAt", FieldProblem::PastTime),
            Some(at) if at > now + MAX_AHEAD => {
                errors.add("expiresAt", FieldProblem::ImplausibleYear);
            }
            _ => {}
        }
        match name {
            Some(name) if errors.is_empty() => Ok(Self {
                name,
                scopes,
                expires_at,
            }),
            _ => Err(errors),
        }
    }
}

/// A new API key as it was typed in the browser: a checkbox for each scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiKeyForm {
    pub name: String,
    pub competitions_read: String,
    pub competitions_write: String,
    pub registrations_read: String,
    pub announcements_write: String,
    /// In how many days it expires; never if it is empty.
    pub expires_in: String,
}

impl ApiKeyForm {
    /// Returns the name of the checkbox of a scope.
    #[must_use]
    pub const fn checkbox(scope: ApiKeyScope) -> &'static str {
        match scope {
            ApiKeyScope::CompetitionsRead => "competitionsRead",
            ApiKeyScope::CompetitionsWrite => "competitionsWrite",
            ApiKeyScope::RegistrationsRead => "registrationsRead",
            ApiKeyScope::AnnouncementsWrite => "announcementsWrite",
        }
    }

    /// Parses every field. Bounds are checked by [`ApiKeyInput::check`].
    ///
    /// # Errors
    /// Returns an error if the lifetime is no number of days, so that a key which should expire never lives for ever.
    pub fn parse(&self, now: DateTime<Utc>) -> Result<ApiKeyInput, FieldErrors> {
        let is_chosen = |scope: &&ApiKeyScope| {
            let ticked = match scope {
                ApiKeyScope::CompetitionsRead => &self.competitions_read,
                ApiKeyScope::CompetitionsWrite => &self.competitions_write,
                ApiKeyScope::RegistrationsRead => &self.registrations_read,
                ApiKeyScope::AnnouncementsWrite => &self.announcements_write,
            };
            ticked == "on"
        };
        let days = match self.expires_in.as_str() {
            "" => None,
            days => Some(
                days.parse::<u16>()
                    .map_err(|_| FieldErrors::one("expiresIn", FieldProblem::NotInList))?,
            ),
        };
        Ok(ApiKeyInput {
            name: self.name.clone(),
            scopes: ApiKeyScope::ALL.iter().filter(is_chosen).copied().collect(),
            expires_at: days.map(|days| now + TimeDelta::days(i64::from(days))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2030-01-10T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_key_has_a_name_and_a_scope_and_may_expire() {
        let form = ApiKeyForm {
            name: " Club website ".to_owned(),
            registrations_read: "on".to_owned(),
            competitions_read: "on".to_owned(),
            expires_in: "30".to_owned(),
            ..ApiKeyForm::default()
        };
        let input = form.parse(now()).unwrap().check(now()).unwrap();
        assert_eq!(input.name, "Club website");
        assert_eq!(
            input.scopes,
            [
                ApiKeyScope::CompetitionsRead,
                ApiKeyScope::RegistrationsRead
            ]
        );
        assert_eq!(input.expires_at, Some(now() + TimeDelta::days(30)));
        let forever = ApiKeyForm {
            expires_in: String::new(),
            ..form.clone()
        };
        assert_eq!(forever.parse(now()).unwrap().expires_at, None);
        for unknown in ["soon", "-1", "99999999"] {
            let form = ApiKeyForm {
                expires_in: unknown.to_owned(),
                ..form.clone()
            };
            let errors = form.parse(now()).unwrap_err();
            assert!(errors.of("expiresIn").is_some(), "{unknown}");
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let bad = ApiKeyInput {
            expires_at: Some(now()),
            ..ApiKeyInput::default()
        };
        let errors = bad.check(now()).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "scopes", "expiresAt"]);
        let far = ApiKeyInput {
            name: "x".to_owned(),
            scopes: vec![ApiKeyScope::CompetitionsRead],
            expires_at: Some(now() + TimeDelta::days(5 * 366 + 1)),
        };
        assert!(far.check(now()).unwrap_err().of("expiresAt").is_some());
    }
}

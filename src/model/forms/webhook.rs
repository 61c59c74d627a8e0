//! The form of a new webhook: as typed in the browser ([`WebhookForm`]), and as the value that the REST API's JSON has
//! ([`WebhookInput`]).

use serde::{Deserialize, Serialize};

use super::{errors::FieldErrors, field_problem::FieldProblem};
use crate::model::WebhookEvent;

/// The longest address of a webhook, in bytes.
pub const WEBHOOK_URL_LENGTH: usize = 2_048;

/// Everything that an organizer decides about a new webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookInput {
    /// The address to which events are sent. It begins with `https://`, has the port 443 or 8443, and leads to a public
    /// address.
    pub url: String,
    /// The events that are sent, at least one; all events if this is absent or `null`.
    #[serde(default)]
    pub events: Option<Vec<WebhookEvent>>,
}

impl WebhookInput {
    /// Checks every field but whether the address is a public one, and returns the address and the events in their
    /// order.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<(String, Vec<WebhookEvent>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let url = self.url.trim();
        if url.is_empty() || url.len() > WEBHOOK_URL_LENGTH {
            errors.add("url", FieldProblem::NotAWebhookAddress);
        }
        let chosen = |event: &&WebhookEvent| {
            let events = self.events.as_ref();
            events.is_none_or(|events| events.contains(event))
        };
        let events: Vec<_> = WebhookEvent::ALL.iter().filter(chosen).copied().collect();
        if events.is_empty() {
            errors.add("events", FieldProblem::NoEvent);
        }
        match errors.is_empty() {
            true => Ok((url.to_owned(), events)),
            false => Err(errors),
        }
    }
}

/// A new webhook as it was typed in the browser: a checkbox for each event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookForm {
    pub url: String,
    pub registration_created: String,
    pub registration_confirmed: String,
    pub registration_promoted: String,
    pub registration_cancelled: String,
    pub competition_changed: String,
}

impl WebhookForm {
    /// Returns the name of the checkbox of an event.
    #[must_use]
    pub const fn checkbox(event: WebhookEvent) -> &'static str {
        match event {
            WebhookEvent::RegistrationCreated => "registrationCreated",
            WebhookEvent::RegistrationConfirmed => "registrationConfirmed",
            WebhookEvent::RegistrationPromoted => "registrationPromoted",
            WebhookEvent::RegistrationCancelled => "registrationCancelled",
            WebhookEvent::CompetitionChanged => "competitionChanged",
        }
    }

    /// Returns the value that [`WebhookInput::check`] checks.
    #[must_use]
    pub fn input(&self) -> WebhookInput {
        let is_chosen = |event: &&WebhookEvent| {
            let ticked = match event {
                WebhookEvent::RegistrationCreated => &self.registration_created,
                WebhookEvent::RegistrationConfirmed => &self.registration_confirmed,
                WebhookEvent::RegistrationPromoted => &self.registration_promoted,
                WebhookEvent::RegistrationCancelled => &self.registration_cancelled,
                WebhookEvent::CompetitionChanged => &self.competition_changed,
            };
            ticked == "on"
        };
        WebhookInput {
            url: self.url.clone(),
            events: Some(
                WebhookEvent::ALL
                    .iter()
                    .filter(is_chosen)
                    .copied()
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_an_address_and_at_least_one_event_of_which_none_means_all() {
        let form = WebhookForm {
            url: " https://example.org/hook ".to_owned(),
            competition_changed: "on".to_owned(),
            registration_created: "on".to_owned(),
            ..WebhookForm::default()
        };
        let (url, events) = form.input().check().unwrap();
        assert_eq!(url, "https://example.org/hook");
        assert_eq!(
            events,
            [
                WebhookEvent::RegistrationCreated,
                WebhookEvent::CompetitionChanged
            ]
        );
        let all = WebhookInput { url, events: None };
        assert_eq!(all.check().unwrap().1, WebhookEvent::ALL);
        let nothing = WebhookForm {
            url: "x".repeat(WEBHOOK_URL_LENGTH + 1),
            ..WebhookForm::default()
        };
        let errors = nothing.input().check().unwrap_err();
        assert!(errors.of("url").is_some() && errors.of("events").is_some());
    }
}

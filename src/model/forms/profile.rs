//! The form with which the owner of an account changes its profile.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{
    account_fields::email,
    errors::{FieldErrors, line},
    field_limits,
    field_problem::FieldProblem,
};
use crate::model::Contact;
#[cfg(feature = "ssr")]
use crate::model::time_zone;

/// A change of an account by its owner. Absent fields stay as they are.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileForm {
    /// The name that others see, 1 to 100 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The e-mail address, with which the account logs in.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether reminders that a competition starts are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_reminders: Option<bool>,
    /// Whether announcements of organizers are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcements: Option<bool>,
    /// Whether promotions from a waitlist are also sent to the devices with notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_promotions: Option<bool>,
    /// Whether reminders that a competition starts are also sent to the devices with notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent to the devices with notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_opening_reminders: Option<bool>,
    /// The time zone in which times are shown, as an IANA name; empty for that of the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(example = "Europe/Berlin"))]
    pub time_zone: Option<String>,
    /// How participants reach an organizer, which everyone sees: an e-mail address, or an address on the web. Empty for
    /// none; only organizers can set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(example = "name@example.org"))]
    pub contact: Option<String>,
}

/// The values of a valid [`ProfileForm`], where they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name, without spaces around it.
    pub name: Option<String>,
    /// The e-mail address, in lower case.
    pub email: Option<String>,
    /// Whether reminders that a competition starts are also sent by mail.
    pub reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent by mail.
    pub opening_reminders: Option<bool>,
    /// Whether announcements of organizers are also sent by mail.
    pub announcements: Option<bool>,
    /// Whether promotions from a waitlist are also sent to the devices with notifications.
    pub push_promotions: Option<bool>,
    /// Whether reminders that a competition starts are also sent to the devices with notifications.
    pub push_reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent to the devices with notifications.
    pub push_opening_reminders: Option<bool>,
    /// The time zone; none inside means that of the browser.
    pub time_zone: Option<Option<String>>,
    /// How participants reach an organizer; none inside means that nothing is shown.
    pub contact: Option<Option<Contact>>,
}

#[cfg(feature = "ssr")]
impl ProfileForm {
    /// Returns the new values, where they were given.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<ProfileChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.as_ref().and_then(|name| {
            errors.check(
                "name",
                line(name, FieldProblem::NoName, 1, field_limits::NAME),
            )
        });
        let email = self
            .email
            .as_ref()
            .and_then(|text| errors.check("email", email(text)));
        let time_zone = self
            .time_zone
            .as_ref()
            .and_then(|zone| errors.check("timeZone", own_zone(zone)));
        let contact = self.contact.as_ref().and_then(|text| {
            let contact = Contact::parse(text).map_err(|_| FieldProblem::NoContact);
            errors.check("contact", contact)
        });
        if errors.is_empty() {
            Ok(ProfileChange {
                name,
                email,
                reminders: self.reminders,
                opening_reminders: self.opening_reminders,
                announcements: self.announcements,
                push_promotions: self.push_promotions,
                push_reminders: self.push_reminders,
                push_opening_reminders: self.push_opening_reminders,
                time_zone,
                contact,
            })
        } else {
            Err(errors)
        }
    }
}

/// Validates the name of a time zone, or an empty text.
#[cfg(feature = "ssr")]
fn own_zone(name: &str) -> Result<Option<String>, FieldProblem> {
    match (name, time_zone::parse(name)) {
        ("", _) => Ok(None),
        (_, Some(zone)) => Ok(Some(zone.name().to_owned())),
        (_, None) => Err(FieldProblem::UnknownTimeZone),
    }
}

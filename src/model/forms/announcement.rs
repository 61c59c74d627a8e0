//! The form of an announcement, which an organizer writes to participants: as typed in the browser
//! ([`AnnouncementForm`]), and as the value that the REST API's JSON has ([`AnnouncementInput`]).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    competition_form::time,
    errors::{FieldErrors, block, line},
    field_problem::FieldProblem,
    participants::{MATCHING_MAX, registration_ids},
};
use crate::model::{Audience, RegistrationId, SavedViewId, time_zone, timestamp::storable};

/// The length of the longest subject, in characters.
pub const SUBJECT_MAX: usize = 120;
/// The length of the longest text, in characters.
pub const BODY_MAX: usize = 5_000;
/// The audience of an announcement to those who were chosen in the list of participants.
pub const CHOSEN: &str = "CHOSEN";
/// How far ahead an announcement may be scheduled.
const MAX_AHEAD: TimeDelta = TimeDelta::days(366);

/// Everything that an organizer decides about an announcement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AnnouncementInput {
    /// Which participants get it; all of them if it is absent.
    #[serde(default)]
    pub audience: Audience,
    /// The saved view whose participants get it, which is required with the audience `VIEW`. Other audiences ignore it.
    #[serde(default)]
    pub view_id: Option<SavedViewId>,
    /// The registrations whose participants get it, if they were chosen in the list. The API has saved views instead.
    #[serde(skip)]
    pub chosen: Vec<RegistrationId>,
    /// The subject, one line of at most 120 characters.
    pub subject: String,
    /// The text, without markup, at most 5,000 characters.
    pub body: String,
    /// When it is sent, at most a year ahead; at once if it is absent or `null`. It is sent within a minute of
    /// this time.
    #[serde(default)]
    pub send_at: Option<DateTime<Utc>>,
}

impl AnnouncementInput {
    /// Checks every field, and returns the values in the form in which they are stored. `now` is the time that
    /// an announcement must not be scheduled before.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (subject, body) = texts(&mut errors, &self.subject, &self.body);
        let send_at = self.send_at.map(storable);
        match send_at {
            Some(at) if at <= now => errors.add("sendAt", FieldProblem::PastTime),
            Some(at) if at > now + MAX_AHEAD => errors.add("sendAt", FieldProblem::ImplausibleYear),
            _ => {}
        }
        match (subject, body) {
            (Some(subject), Some(body)) if errors.is_empty() => Ok(Self {
                audience: self.audience,
                view_id: self.view_id.filter(|_| self.audience == Audience::View),
                chosen: self.chosen,
                subject,
                body,
                send_at,
            }),
            _ => Err(errors),
        }
    }
}

/// Checks the subject and the text, and returns them trimmed.
fn texts(errors: &mut FieldErrors, subject: &str, body: &str) -> (Option<String>, Option<String>) {
    let subject = errors.check(
        "subject",
        line(subject, FieldProblem::NoSubject, 1, SUBJECT_MAX),
    );
    let body = errors.check(
        "body",
        block(body.trim(), FieldProblem::NoBody, 1, BODY_MAX),
    );
    (subject, body)
}

/// An announcement as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnnouncementForm {
    /// The name of the audience, the id of a saved view, or [`CHOSEN`]; everyone if it is empty.
    pub audience: String,
    /// The registrations that were chosen in the list, separated by commas. Only the audience [`CHOSEN`] reads them.
    pub people: String,
    pub subject: String,
    /// The text, without markup.
    pub body: String,
    /// When it is to be sent, like `2030-01-15T18:00` on clocks at the venue; at once if it is empty.
    pub send_at: String,
}

impl AnnouncementForm {
    /// Returns the audience that was chosen, and the saved view that it is.
    fn recipients(&self) -> Result<(Audience, Option<SavedViewId>), FieldProblem> {
        let chosen = self.audience.as_str();
        if chosen.is_empty() {
            return Ok((Audience::default(), None));
        }
        if chosen == CHOSEN {
            return Ok((Audience::View, None));
        }
        if let Ok(view) = chosen.parse() {
            return Ok((Audience::View, Some(view)));
        }
        match chosen.parse() {
            // Nobody says which one.
            Err(_) | Ok(Audience::View) => Err(FieldProblem::NotInList),
            Ok(audience) => Ok((audience, None)),
        }
    }

    /// Returns the registrations that were chosen in the list.
    fn people(&self) -> Result<Vec<RegistrationId>, FieldProblem> {
        let ids = registration_ids(&self.people).filter(|ids| !ids.is_empty());
        match ids {
            None => Err(FieldProblem::NobodyChosen),
            Some(ids) if ids.len() > MATCHING_MAX => {
                Err(FieldProblem::TooManyChosen(MATCHING_MAX as u64))
            }
            Some(ids) => Ok(ids),
        }
    }

    /// Parses every field. `zone` is the time zone of the venue, by its IANA name. Bounds are checked by
    /// [`AnnouncementInput::check`].
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn parse(&self, zone: &str) -> Result<AnnouncementInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let audience = errors.check("audience", self.recipients());
        let chosen = match self.audience == CHOSEN {
            true => errors.check("audience", self.people()),
            false => Some(Vec::new()),
        };
        let send_at = match self.send_at.trim() {
            "" => Some(None),
            text => errors
                .check("sendAt", time(text, time_zone::parse_or_utc(zone)))
                .map(Some),
        };
        let (Some((audience, view_id)), Some(chosen), Some(send_at)) = (audience, chosen, send_at)
        else {
            // The texts are checked all the same, so that everything is said at once.
            let mut all = FieldErrors::default();
            texts(&mut all, &self.subject, &self.body);
            for error in errors.iter() {
                all.add(&error.field, error.problem.clone());
            }
            return Err(all);
        };
        Ok(AnnouncementInput {
            audience,
            view_id,
            chosen,
            subject: self.subject.clone(),
            body: self.body.clone(),
            send_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2030-01-10T12:00:00Z".parse().unwrap()
    }

    fn checked(form: &AnnouncementForm, zone: &str) -> Result<AnnouncementInput, FieldErrors> {
        form.parse(zone)?.check(now())
    }

    fn form(subject: &str, body: &str) -> AnnouncementForm {
        AnnouncementForm {
            subject: subject.to_owned(),
            body: body.to_owned(),
            ..AnnouncementForm::default()
        }
    }

    #[test]
    fn an_announcement_has_a_subject_line_and_a_text() {
        let good = form(" Parking ", "Use gate 2.\r\nThank\ryou.\n");
        let good = checked(&good, "UTC").unwrap();
        assert_eq!(
            (good.subject, good.body),
            ("Parking".to_owned(), "Use gate 2.\nThank\nyou.".to_owned())
        );
        assert_eq!((good.audience, good.send_at), (Audience::All, None));
        for bad in [
            form("", "x"),
            form("two\nlines", "x"),
            form("x", "  "),
            form("x", "a\u{0}b"),
            form("x", &"x".repeat(BODY_MAX + 1)),
        ] {
            assert!(checked(&bad, "UTC").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_time_of_an_announcement_is_that_of_the_venue_and_lies_within_a_year() {
        let at = |send_at: &str| AnnouncementForm {
            send_at: send_at.to_owned(),
            ..form("x", "y")
        };
        let parsed = checked(&at("2030-01-10T18:00"), "Europe/Copenhagen");
        assert_eq!(
            parsed.unwrap().send_at,
            Some("2030-01-10T17:00:00Z".parse().unwrap())
        );
        for wrong in [
            "2030-01-10T12:00",
            "2031-03-01T12:00",
            "tomorrow",
            "2030-03-31T02:30",
        ] {
            let errors = checked(&at(wrong), "Europe/Copenhagen").unwrap_err();
            assert!(errors.of("sendAt").is_some(), "{wrong}");
        }
    }

    #[test]
    fn the_audience_is_everyone_a_part_of_them_or_a_saved_view() {
        let to = |audience: &str| AnnouncementForm {
            audience: audience.to_owned(),
            ..form("x", "y")
        };
        let parsed = |audience: &str| {
            let input = checked(&to(audience), "UTC").ok()?;
            Some((input.audience, input.view_id))
        };
        assert_eq!(parsed(""), Some((Audience::All, None)));
        assert_eq!(parsed("SEATED"), Some((Audience::Seated, None)));
        let view: SavedViewId = "0190a1b2-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(
            parsed(&view.to_string()),
            Some((Audience::View, Some(view)))
        );
        assert_eq!((parsed("VIEW"), parsed("NOBODY")), (None, None));
        // Those who were chosen in the list are named one by one.
        let chosen = |people: String| {
            let form = AnnouncementForm {
                people,
                ..to(CHOSEN)
            };
            checked(&form, "UTC").ok().map(|input| input.chosen)
        };
        let id = RegistrationId::new();
        assert_eq!(chosen(id.to_string()), Some(vec![id]));
        assert_eq!(chosen(format!("{id},{id}")).map(|ids| ids.len()), Some(2));
        assert_eq!(
            (chosen(String::new()), chosen("nobody".to_owned())),
            (None, None)
        );
        assert_eq!(chosen(format!("{id},").repeat(MATCHING_MAX + 1)), None);
        let other = AnnouncementInput {
            view_id: Some(view),
            ..to("ALL").parse("UTC").unwrap()
        };
        assert_eq!(other.check(now()).unwrap().view_id, None, "it is ignored");
    }

    #[test]
    fn all_wrong_fields_are_named_at_once() {
        let bad = AnnouncementForm {
            audience: "NOBODY".to_owned(),
            send_at: "never".to_owned(),
            ..AnnouncementForm::default()
        };
        let errors = bad.parse("UTC").unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["subject", "body", "audience", "sendAt"]);
    }
}

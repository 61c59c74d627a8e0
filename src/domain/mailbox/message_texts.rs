//! The texts of all messages, each in the language of its recipient.
//!
//! A text consists of paragraphs: the greeting, what has happened, when and where, and a hint. The sentences are in the
//! catalogue. The language is that of the account when the message is written; a message never changes afterwards.

use chrono::{DateTime, Utc};

use crate::{
    domain::schedule::Schedule,
    model::{Language, time_zone::DEFAULT_TIME_ZONE},
    text::{Catalogue, DateStyle, ScheduleLetterText, catalogue, date_time, time_elsewhere},
};

/// What messages say about a competition and its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionDetails {
    /// The language that the recipient reads.
    pub language: Language,
    /// The name of the recipient.
    pub name: String,
    /// The title of the competition.
    pub title: String,
    /// The location; may be empty.
    pub location: String,
    /// The time at which it starts.
    pub starts_at: DateTime<Utc>,
    /// The time zone of the competition, by its IANA name.
    pub venue_zone: String,
    /// The time zone that the recipient has chosen, if they have.
    pub own_zone: Option<String>,
    /// A link to its page, if it still has one.
    pub link: Option<String>,
}

/// A subject and a plain-text body.
pub type MessageText = (String, String);

/// Returns a time as messages in a language show it: as clocks at the venue show it and, where those differ, in the zone
/// that the recipient has chosen, or else in UTC. Each names its zone.
#[must_use]
pub fn moment(
    language: Language,
    at: DateTime<Utc>,
    venue_zone: &str,
    own_zone: Option<&str>,
) -> String {
    let there = date_time(language, DateStyle::Long, at, venue_zone);
    let other_zone = own_zone.unwrap_or(DEFAULT_TIME_ZONE);
    let other = time_elsewhere(language, DateStyle::Soon, at, venue_zone, other_zone);
    let Some(other) = other else {
        return there;
    };
    match own_zone {
        Some(_) => format!("{there} {}", catalogue(language).islands.for_you(&other)),
        None => format!("{there} ({other})"),
    }
}

/// Returns a letter: the greeting, and the paragraphs that are not empty. A reader without a name is greeted without.
#[must_use]
pub fn letter(language: Language, name: &str, paragraphs: &[&str]) -> String {
    let t = &catalogue(language).letters;
    let hello = match name {
        "" => t.hello_plain.to_owned(),
        name => t.hello(name),
    };
    let said = paragraphs.iter().filter(|paragraph| !paragraph.is_empty());
    let mut text = hello;
    for paragraph in said {
        text.push_str("\n\n");
        text.push_str(paragraph);
    }
    text.push('\n');
    text
}

impl CompetitionDetails {
    fn text(&self) -> &'static Catalogue {
        catalogue(self.language)
    }

    fn letter(&self, paragraphs: &[&str]) -> String {
        letter(self.language, &self.name, paragraphs)
    }

    fn when_and_where(&self) -> String {
        let t = &self.text().letters;
        let mut lines = vec![t.when(&self.moment(self.starts_at))];
        if !self.location.is_empty() {
            lines.push(t.place(&self.location));
        }
        lines.extend(self.link.clone());
        lines.join("\n")
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        moment(
            self.language,
            at,
            &self.venue_zone,
            self.own_zone.as_deref(),
        )
    }
}

/// What has happened to a registration between the occasion of a message and its writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaterChange {
    /// Nothing: the message still holds.
    None,
    /// The participant cancelled the registration.
    RegistrationCancelled,
    /// The organizer cancelled the competition.
    CompetitionCancelled,
}

impl LaterChange {
    /// Returns a sentence about the change, or `hint` if there was none.
    fn or(self, language: Language, hint: &'static str) -> &'static str {
        let t = &catalogue(language).registration_letters;
        match self {
            Self::None => hint,
            Self::RegistrationCancelled => t.cancelled_since,
            Self::CompetitionCancelled => t.called_off_since,
        }
    }
}

/// Returns the text for a participant whose seat is confirmed.
#[must_use]
pub fn confirmation(about: &CompetitionDetails, later: LaterChange) -> MessageText {
    let t = &about.text().registration_letters;
    let body = about.letter(&[
        &t.confirmation(&about.title),
        &about.when_and_where(),
        later.or(about.language, t.confirmation_hint),
    ]);
    (t.confirmation_subject(&about.title), body)
}

/// Returns the text for a participant who joined the waitlist at `position`, or who is back at the place of before.
#[must_use]
pub fn waitlist(
    about: &CompetitionDetails,
    position: Option<u32>,
    later: LaterChange,
) -> MessageText {
    let t = &about.text().registration_letters;
    let ahead = match position {
        Some(position) => t.waitlist_ahead(position.saturating_sub(1).into()),
        None => about.text().schedule_letters.position_stays.to_owned(),
    };
    let body = about.letter(&[
        &t.waitlist(&about.title),
        &ahead,
        later.or(about.language, t.waitlist_hint),
        &about.when_and_where(),
    ]);
    (t.waitlist_subject(&about.title), body)
}

/// Returns the text for a participant who moved from the waitlist to a seat.
#[must_use]
pub fn promotion(about: &CompetitionDetails, later: LaterChange) -> MessageText {
    let t = &about.text().registration_letters;
    let body = about.letter(&[
        &t.promotion(&about.title),
        &about.when_and_where(),
        later.or(about.language, t.promotion_hint),
    ]);
    (t.promotion_subject(&about.title), body)
}

/// Returns the text for a participant who cancelled their registration.
#[must_use]
pub fn cancellation(about: &CompetitionDetails) -> MessageText {
    let t = &about.text().registration_letters;
    let again = match &about.link {
        Some(link) => format!("{}\n{link}", t.cancellation_hint),
        None => String::new(),
    };
    let body = about.letter(&[&t.cancellation(&about.title), &again]);
    (t.cancellation_subject(&about.title), body)
}

/// Returns the text for a participant whose registration the organizer cancelled, with the reason if there is one.
#[must_use]
pub fn removal(about: &CompetitionDetails, reason: Option<&str>) -> MessageText {
    let t = &about.text().registration_letters;
    let reason = reason.map(|reason| t.removal_reason(reason));
    let hint = match &about.link {
        Some(link) => format!("{}\n{link}", t.removal_hint),
        None => String::new(),
    };
    let body = about.letter(&[
        &t.removal(&about.title),
        reason.as_deref().unwrap_or_default(),
        &hint,
    ]);
    (t.cancellation_subject(&about.title), body)
}

/// Returns the text for a participant of a competition that was cancelled.
#[must_use]
pub fn called_off(about: &CompetitionDetails) -> MessageText {
    let t = &about.text().registration_letters;
    let body = about.letter(&[&t.called_off(&about.title), &about.when_and_where()]);
    (t.called_off_subject(&about.title), body)
}

/// Returns the text for a participant of a competition with another time or location. `seated` says whether
/// the participant holds a seat rather than a position on the waitlist.
#[must_use]
pub fn changed(
    about: &CompetitionDetails,
    old: &Schedule,
    new: &Schedule,
    seated: bool,
) -> MessageText {
    let t = &about.text().schedule_letters;
    let subject = if old.starts_at != new.starts_at {
        t.new_date_subject(&about.title)
    } else if old.ends_at != new.ends_at {
        t.new_end_subject(&about.title)
    } else {
        t.new_place_subject(&about.title)
    };
    let moment = |at| about.moment(at);
    let end = |at: Option<DateTime<Utc>>| at.map(moment).unwrap_or_default();
    let lines = [
        change_line(t, t.starts, &moment(new.starts_at), &moment(old.starts_at)),
        change_line(t, t.ends, &end(new.ends_at), &end(old.ends_at)),
        change_line(t, t.place, &new.location, &old.location),
        about.link.clone(),
    ];
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    let stays = if seated {
        t.seat_stays
    } else {
        t.position_stays
    };
    let body = about.letter(&[&t.changed(&about.title), &lines.join("\n"), stays]);
    (subject, body)
}

/// Returns a line with the new value and, if it differs, the old one; `None` if there is neither.
fn change_line(t: &ScheduleLetterText, name: &str, new: &str, old: &str) -> Option<String> {
    let or_open = |text: &str| if text.is_empty() { t.not_said } else { text }.to_owned();
    match (new, old) {
        ("", "") => None,
        (new, old) if new == old => Some(t.line(name, new)),
        (new, old) => Some(t.changed_line(name, &or_open(new), &or_open(old))),
    }
}

/// Returns the text for a participant whose competition starts soon.
#[must_use]
pub fn reminder(about: &CompetitionDetails) -> MessageText {
    let t = &about.text().registration_letters;
    let body = about.letter(&[
        &t.reminder(&about.title),
        &about.when_and_where(),
        t.reminder_hint,
    ]);
    (t.reminder_subject(&about.title), body)
}

/// Returns the text for an account that wants to know before registration for `title` opens, at the time `when`.
#[must_use]
pub fn opening(language: Language, name: &str, title: &str, when: &str, link: &str) -> MessageText {
    let t = &catalogue(language).registration_letters;
    let body = letter(
        language,
        name,
        &[&t.opening(title, when), link, t.opening_hint],
    );
    (t.opening_subject(title), body)
}

/// Returns the text of an announcement. What the organizer wrote stays as it is.
#[must_use]
pub fn announcement(about: &CompetitionDetails, subject: &str, body: &str) -> MessageText {
    let t = &about.text().registration_letters;
    let from = t.announcement_from(&about.title);
    let from = match &about.link {
        Some(link) => format!("{from}\n{link}"),
        None => from,
    };
    (
        t.announcement_subject(&about.title, subject),
        about.letter(&[body.trim(), &from]),
    )
}

/// Returns the text for a participant whose certificate was issued, which `link` leads to.
#[must_use]
pub fn certificate(about: &CompetitionDetails, link: &str) -> MessageText {
    let t = &about.text().certificates;
    let lead = t.letter(&about.title);
    let body = about.letter(&[&format!("{lead}\n{link}"), t.letter_hint]);
    (t.letter_subject(&about.title), body)
}

/// Returns the text for an account whose log-ins need a second factor from now on.
#[must_use]
pub fn second_factor_added(language: Language, name: &str) -> MessageText {
    let t = &catalogue(language).account_letters;
    let body = letter(
        language,
        name,
        &[t.second_factor_on, t.second_factor_on_hint],
    );
    (t.second_factor_on_subject.to_owned(), body)
}

/// Returns the text for an account that got new recovery codes.
#[must_use]
pub fn recovery_codes_replaced(language: Language, name: &str) -> MessageText {
    let t = &catalogue(language).account_letters;
    let body = letter(
        language,
        name,
        &[t.recovery_codes_replaced, t.recovery_codes_replaced_hint],
    );
    (t.recovery_codes_replaced_subject.to_owned(), body)
}

/// Returns the text for an account whose second factor was removed.
#[must_use]
pub fn second_factor_removed(language: Language, name: &str) -> MessageText {
    let t = &catalogue(language).account_letters;
    let body = letter(
        language,
        name,
        &[t.second_factor_off, t.second_factor_off_hint],
    );
    (t.second_factor_off_subject.to_owned(), body)
}

/// Returns the text for an account that a recovery code has logged in to.
#[must_use]
pub fn recovery_code_used(language: Language, name: &str, left: u64) -> MessageText {
    let t = &catalogue(language).account_letters;
    let used = t.recovery_code_used(left);
    let body = letter(language, name, &[&used, t.recovery_code_used_hint]);
    (t.recovery_code_used_subject.to_owned(), body)
}

/// Returns the text for an account whose password was changed.
#[must_use]
pub fn password_changed(language: Language, name: &str) -> MessageText {
    let t = &catalogue(language).account_letters;
    let body = letter(
        language,
        name,
        &[t.password_changed, t.password_changed_hint],
    );
    (t.password_changed_subject.to_owned(), body)
}

/// Returns the text for a participant whose request to become an organizer was decided.
#[must_use]
pub fn organizer_request(language: Language, name: &str, approved: bool) -> MessageText {
    let t = &catalogue(language).account_letters;
    let (subject, paragraphs) = match approved {
        true => (
            t.organizer_approved_subject,
            [t.organizer_approved, t.organizer_approved_hint],
        ),
        false => (
            t.organizer_declined_subject,
            [t.organizer_declined, t.organizer_declined_hint],
        ),
    };
    (subject.to_owned(), letter(language, name, &paragraphs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(language: Language) -> CompetitionDetails {
        CompetitionDetails {
            language,
            name: "Ada".to_owned(),
            title: "Sprint".to_owned(),
            location: "Hall 1".to_owned(),
            starts_at: "2030-03-02T09:00:00Z".parse().unwrap(),
            venue_zone: "Europe/Copenhagen".to_owned(),
            own_zone: None,
            link: Some("https://c.example/competitions/1".to_owned()),
        }
    }

    #[test]
    fn a_time_is_that_of_the_venue_first_and_in_utc_where_it_differs() {
        let at = "2030-03-01T23:30:00Z".parse().unwrap();
        for (zone, words) in [
            ("UTC", "Friday, 1 March 2030 at 23:30 UTC"),
            ("Europe/London", "Friday, 1 March 2030 at 23:30 GMT"),
            (
                "America/New_York",
                "Friday, 1 March 2030 at 18:30 EST (23:30 UTC)",
            ),
            (
                "Europe/Copenhagen",
                "Saturday, 2 March 2030 at 00:30 CET (Fri 1 Mar, 23:30 UTC)",
            ),
        ] {
            assert_eq!(moment(Language::English, at, zone, None), words);
        }
        for (own_zone, words) in [
            ("America/New_York", "Friday, 1 March 2030 at 18:30 EST"),
            (
                "America/Chicago",
                "Friday, 1 March 2030 at 18:30 EST · 17:30 CST for you",
            ),
            (
                "Europe/Copenhagen",
                "Friday, 1 March 2030 at 18:30 EST · Sat 2 Mar, 00:30 CET for you",
            ),
        ] {
            let own = Some(own_zone);
            let said = moment(Language::English, at, "America/New_York", own);
            assert_eq!(said, words);
        }
    }

    #[test]
    fn a_letter_has_the_words_and_the_date_of_its_language() {
        let about = details(Language::German);
        let (subject, body) = confirmation(&about, LaterChange::None);
        assert_eq!(subject, "Du bist dabei: Sprint");
        assert_eq!(
            body,
            "Hallo Ada,\n\nDein Platz bei Sprint ist bestätigt.\n\nWann: Samstag, 2. März 2030 um 10:00 CET (09:00 UTC)\n\
             Wo: Hall 1\nhttps://c.example/competitions/1\n\nDu kannst doch nicht? Storniere unter Meine Anmeldungen, \
             damit jemand anderes den Platz bekommt.\n"
        );
    }

    #[test]
    fn every_letter_differs_in_each_language() {
        let letters = |language| {
            let about = details(language);
            let schedule = |starts_at: &str| Schedule {
                starts_at: starts_at.parse().unwrap(),
                ends_at: None,
                location: String::new(),
            };
            let (old, new) = (
                schedule("2030-03-01T09:00:00Z"),
                schedule("2030-03-02T09:00:00Z"),
            );
            let when = about.moment(about.starts_at);
            [
                confirmation(&about, LaterChange::CompetitionCancelled),
                waitlist(&about, Some(3), LaterChange::None),
                promotion(&about, LaterChange::RegistrationCancelled),
                cancellation(&about),
                removal(&about, Some("Twice on the list")),
                called_off(&about),
                changed(&about, &old, &new, true),
                reminder(&about),
                opening(language, "Ada", "Sprint", &when, "https://c.example"),
                second_factor_added(language, "Ada"),
                second_factor_removed(language, "Ada"),
                recovery_codes_replaced(language, "Ada"),
                recovery_code_used(language, "Ada", 2),
                password_changed(language, "Ada"),
            ]
        };
        let english = letters(Language::English);
        for language in Language::ALL.into_iter().skip(1) {
            for ((subject, body), (in_english, body_in_english)) in
                letters(language).iter().zip(&english)
            {
                assert_ne!(subject, in_english, "{language}");
                let paragraphs = |text: &str| text.split("\n\n").count();
                assert_eq!(paragraphs(body), paragraphs(body_in_english), "{body}");
                let shared = body.split("\n\n").find(|it| body_in_english.contains(it));
                assert!(
                    shared.is_none_or(|it| it.trim() == "https://c.example"),
                    "{language}: {shared:?}"
                );
            }
        }
    }
}

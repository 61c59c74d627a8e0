//! The texts of all messages.

use chrono::{DateTime, Utc};

use crate::{
    domain::schedule::Schedule,
    model::time_zone::{self, DEFAULT_TIME_ZONE},
};

/// What messages say about a competition and its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionDetails {
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

/// Returns a time as messages show it: as clocks at the venue show it and, where those differ, in the zone that the
/// recipient has chosen, or else in UTC. Each names its zone.
#[must_use]
pub fn moment(at: DateTime<Utc>, venue_zone: &str, own_zone: Option<&str>) -> String {
    let shown = |zone: &str, format: &str| time_zone::format(zone, at, format);
    let there = shown(venue_zone, "%A, %-d %B %Y, %H:%M %Z");
    let other_zone = own_zone.unwrap_or(DEFAULT_TIME_ZONE);
    let clock = |zone: &str| shown(zone, "%Y-%m-%d %H:%M");
    let (venue, other) = (clock(venue_zone), clock(other_zone));
    if venue == other {
        return there;
    }
    let same_day = venue.get(..10) == other.get(..10);
    let format = if same_day {
        "%H:%M %Z"
    } else {
        "%-d %B, %H:%M %Z"
    };
    let other = shown(other_zone, format);
    match own_zone {
        Some(_) => format!("{there} · {other} for you"),
        None => format!("{there} ({other})"),
    }
}

impl CompetitionDetails {
    fn when_and_where(&self) -> String {
        let when = self.moment(self.starts_at);
        let mut text = format!("When: {when}");
        if !self.location.is_empty() {
            text = format!("{text}\nWhere: {}", self.location);
        }
        format!("{text}{}", self.link_after("\n"))
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        moment(at, &self.venue_zone, self.own_zone.as_deref())
    }

    /// Returns `words` and the link, if there is one.
    fn link_after(&self, words: &str) -> String {
        self.link
            .as_ref()
            .map(|link| format!("{words}{link}"))
            .unwrap_or_default()
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
    const fn or(self, hint: &'static str) -> &'static str {
        match self {
            Self::None => hint,
            Self::RegistrationCancelled => {
                "You have cancelled this registration since; this message is for your records."
            }
            Self::CompetitionCancelled => {
                "The competition was cancelled since; this message is for your records."
            }
        }
    }
}

/// Returns the text for a participant whose seat is confirmed.
#[must_use]
pub fn confirmation(about: &CompetitionDetails, later: LaterChange) -> MessageText {
    let later_or_hint = later.or(
        "Can't come after all? Cancel your registration under My registrations, so that somebody else can have the seat.",
    );
    (
        format!("You're in: {}", about.title),
        format!(
            "Hello {},\n\nYour seat in {} is confirmed.\n\n{}\n\n{later_or_hint}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// Returns the text for a participant who joined the waitlist at `position`.
#[must_use]
pub fn waitlist(about: &CompetitionDetails, position: u32, later: LaterChange) -> MessageText {
    let ahead = match position.saturating_sub(1) {
        0 => "You were first in line when you joined.".to_owned(),
        1 => "There was 1 person ahead of you when you joined.".to_owned(),
        n => format!("There were {n} people ahead of you when you joined."),
    };
    let later_or_hint = later
        .or("When a seat becomes free it goes to the first in line, and we'll email you at once.");
    (
        format!("On the waitlist: {}", about.title),
        format!(
            "Hello {},\n\nEvery seat in {} is taken, and you are on the waitlist. {ahead} {later_or_hint}\n\n{}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// Returns the text for a participant who moved from the waitlist to a seat.
#[must_use]
pub fn promotion(about: &CompetitionDetails, later: LaterChange) -> MessageText {
    let later_or_hint = later.or(
        "Can't come any more? Cancel your registration under My registrations, and the next in line gets the seat.",
    );
    (
        format!("A seat for you: {}", about.title),
        format!(
            "Hello {},\n\nA seat in {} opened, and it's yours: you moved up from the waitlist, and your seat is confirmed.\n\n{}\n\n{later_or_hint}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// Returns the text for a participant who cancelled their registration.
#[must_use]
pub fn cancellation(about: &CompetitionDetails) -> MessageText {
    (
        format!("Registration cancelled: {}", about.title),
        format!(
            "Hello {},\n\nYour registration for {} is cancelled, as you asked. There is nothing more to do.{}\n",
            about.name,
            about.title,
            about.link_after(
                "\n\nChanged your mind? While seats are left you can register again:\n"
            )
        ),
    )
}

/// Returns the text for a participant of a competition that was cancelled.
#[must_use]
pub fn called_off(about: &CompetitionDetails) -> MessageText {
    (
        format!("Cancelled: {}", about.title),
        format!(
            "Hello {},\n\n{} was cancelled by its organizer. Your registration is cancelled too; there is nothing to do.\n\n{}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
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
    let title = if old.starts_at != new.starts_at {
        "New date"
    } else if old.ends_at != new.ends_at {
        "New end"
    } else {
        "New place"
    };
    let moment = |at| about.moment(at);
    let end = |at: Option<DateTime<Utc>>| at.map(moment).unwrap_or_default();
    let lines = [
        change_line("Starts", &moment(new.starts_at), &moment(old.starts_at)),
        change_line("Ends", &end(new.ends_at), &end(old.ends_at)),
        change_line("Where", &new.location, &old.location),
    ];
    let stays = if seated {
        "You keep your seat. Can't come then? Cancel your registration under My registrations, so that somebody else can have the seat."
    } else {
        "You keep your place on the waitlist."
    };
    (
        format!("{title}: {}", about.title),
        format!(
            "Hello {},\n\nThe organizer has changed when or where {} takes place.\n\n{}{}\n\n{stays}\n",
            about.name,
            about.title,
            lines.concat().trim_end(),
            about.link_after("\n")
        ),
    )
}

/// Returns a line with the new value and, if it differs, the old one.
fn change_line(name: &str, new: &str, old: &str) -> String {
    let or_open = |text: &str| if text.is_empty() { "not said" } else { text }.to_owned();
    match (new, old) {
        ("", "") => String::new(),
        (new, old) if new == old => format!("{name}: {new}\n"),
        (new, old) => format!("{name}: {} (before: {})\n", or_open(new), or_open(old)),
    }
}

/// Returns the text for a participant whose competition starts soon.
#[must_use]
pub fn reminder(about: &CompetitionDetails) -> MessageText {
    (
        format!("Soon: {}", about.title),
        format!(
            "Hello {},\n\n{} begins soon, and you have a seat.\n\n{}\n\nCan't come after all? Cancel your registration under My registrations, so that somebody else can have the seat.\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// Returns the text for an account that wants to know before registration opens.
#[must_use]
pub fn opening(name: &str, title: &str, when: &str, link: &str) -> MessageText {
    (
        format!("Registration opens soon: {title}"),
        format!(
            "Hello {name},\n\nRegistration for {title} opens on {when}.\n\n{link}\n\nOpen the page a little earlier: the button unlocks by itself.\n",
        ),
    )
}

/// Returns the text of an announcement.
#[must_use]
pub fn announcement(about: &CompetitionDetails, subject: &str, body: &str) -> MessageText {
    (
        format!("{}: {subject}", about.title),
        format!(
            "Hello {},\n\n{}\n\nThis is from the organizer of {}{}\n",
            about.name,
            body.trim(),
            about.title,
            about.link_after(":\n")
        ),
    )
}

/// Returns the text for an account whose log-ins need a second factor from now on.
#[must_use]
pub fn second_factor_added(name: &str) -> MessageText {
    (
        "Two-step log-in is on".to_owned(),
        format!(
            "Hello {name},\n\nfrom now on, logging in to your account takes a code of your authenticator app, too. Other devices were logged out.\n\nKeep your recovery codes where you find them without your phone. If it was not you who turned it on, set a new password and ask the people who run this site to turn it off.\n"
        ),
    )
}

/// Returns the text for an account that got new recovery codes.
#[must_use]
pub fn recovery_codes_replaced(name: &str) -> MessageText {
    (
        "You have new recovery codes".to_owned(),
        format!(
            "Hello {name},\n\nyou made new recovery codes for two-step log-in. Those from before are worth nothing any more.\n\nIf that was not you, set a new password and make new codes under Security now.\n"
        ),
    )
}

/// Returns the text for an account whose second factor was removed.
#[must_use]
pub fn second_factor_removed(name: &str) -> MessageText {
    (
        "Two-step log-in is off".to_owned(),
        format!(
            "Hello {name},\n\nlogging in to your account takes no code of an authenticator app any more, and your recovery codes are worth nothing.\n\nIf that was not you, set a new password now, and turn it on again under Security.\n"
        ),
    )
}

/// Returns the text for an account that a recovery code has logged in to.
#[must_use]
pub fn recovery_code_used(name: &str, left: u64) -> MessageText {
    (
        "A recovery code was used".to_owned(),
        format!(
            "Hello {name},\n\na recovery code was used instead of your authenticator app. Codes left: {left}.\n\nLost your phone? Turn two-step log-in off and on again under Security, and you get new codes. If it was not you, set a new password now.\n"
        ),
    )
}

/// Returns the text for an account whose password was changed.
#[must_use]
pub fn password_changed(name: &str) -> MessageText {
    (
        "Your password was changed".to_owned(),
        format!(
            "Hello {name},\n\nThe password of your account was changed, and other devices were logged out.\n\nIf that was not you, choose \"Forgot your password?\" on the log-in page and set a new one now.\n"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_the_venue_first_and_in_utc_where_it_differs() {
        let at = "2030-03-01T23:30:00Z".parse().unwrap();
        for (zone, words) in [
            ("UTC", "Friday, 1 March 2030, 23:30 UTC"),
            ("Europe/London", "Friday, 1 March 2030, 23:30 GMT"),
            (
                "America/New_York",
                "Friday, 1 March 2030, 18:30 EST (23:30 UTC)",
            ),
            (
                "Europe/Copenhagen",
                "Saturday, 2 March 2030, 00:30 CET (1 March, 23:30 UTC)",
            ),
        ] {
            assert_eq!(moment(at, zone, None), words);
        }
        for (own_zone, words) in [
            ("America/New_York", "Friday, 1 March 2030, 18:30 EST"),
            (
                "America/Chicago",
                "Friday, 1 March 2030, 18:30 EST · 17:30 CST for you",
            ),
            (
                "Europe/Copenhagen",
                "Friday, 1 March 2030, 18:30 EST · 2 March, 00:30 CET for you",
            ),
        ] {
            assert_eq!(moment(at, "America/New_York", Some(own_zone)), words);
        }
    }
}

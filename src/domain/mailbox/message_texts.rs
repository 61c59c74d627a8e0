//! The wording of every message, in one place.

use chrono::{DateTime, Utc};

use crate::domain::schedule::Schedule;

/// What the letters say about a competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompetitionDetails {
    /// To whom.
    pub name: String,
    /// Which competition.
    pub title: String,
    /// Where; may be empty.
    pub location: String,
    /// It begins then.
    pub starts_at: DateTime<Utc>,
    /// A link to its page, if it still has one.
    pub link: Option<String>,
}

/// A subject and a plain-text body.
pub type Text = (String, String);

/// Returns a moment as messages say it, with its zone.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%A, %-d %B %Y, %H:%M UTC").to_string()
}

impl CompetitionDetails {
    fn when_and_where(&self) -> String {
        let when = moment(self.starts_at);
        let mut text = format!("When: {when}");
        if !self.location.is_empty() {
            text = format!("{text}\nWhere: {}", self.location);
        }
        format!("{text}{}", self.link_after("\n"))
    }

    /// The link, if there is one, after `words`.
    fn link_after(&self, words: &str) -> String {
        self.link
            .as_ref()
            .map(|link| format!("{words}{link}"))
            .unwrap_or_default()
    }
}

/// What has happened to a registration before a message about it was written.
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
    /// Returns what to add about it, or `hint` if all is as it was.
    const fn or(self, hint: &'static str) -> &'static str {
        match self {
            Self::None => hint,
            Self::RegistrationCancelled => {
                "You have cancelled this registration since; this message is for your records."
            }
            Self::CompetitionCancelled => {
                "The competition has been called off since; this message is for your records."
            }
        }
    }
}

/// A seat was taken.
#[must_use]
pub fn confirmation(about: &CompetitionDetails, since: LaterChange) -> Text {
    let since = since.or(
        "Can't come after all? Give the seat back under My registrations, so that somebody else can have it.",
    );
    (
        format!("You're in: {}", about.title),
        format!(
            "Hello {},\n\nyour seat in {} is confirmed.\n\n{}\n\n{since}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// A place in the queue was taken.
#[must_use]
pub fn waitlist(about: &CompetitionDetails, position: u32, since: LaterChange) -> Text {
    let ahead = match position.saturating_sub(1) {
        0 => "You were first in line when you joined.".to_owned(),
        1 => "There was 1 person ahead of you when you joined.".to_owned(),
        n => format!("There were {n} people ahead of you when you joined."),
    };
    let since =
        since.or("When a seat becomes free it goes to the first in line, and we tell you at once.");
    (
        format!("On the waitlist: {}", about.title),
        format!(
            "Hello {},\n\nevery seat in {} is taken, and you are on the waitlist. {ahead} {since}\n\n{}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// The head of the queue got a seat.
#[must_use]
pub fn promotion(about: &CompetitionDetails, since: LaterChange) -> Text {
    let since = since.or(
        "Can't come any more? Give it back under My registrations, and the next in line gets it.",
    );
    (
        format!("A seat for you: {}", about.title),
        format!(
            "Hello {},\n\na seat in {} became free, and it is yours: you moved up from the waitlist and your seat is confirmed.\n\n{}\n\n{since}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// Somebody gave a seat or place back.
#[must_use]
pub fn cancellation(about: &CompetitionDetails) -> Text {
    (
        format!("Cancelled: {}", about.title),
        format!(
            "Hello {},\n\nyour registration for {} is cancelled, as you asked. Nothing more to do.{}\n",
            about.name,
            about.title,
            about.link_after(
                "\n\nChanged your mind? While seats are left you can register again:\n"
            )
        ),
    )
}

/// The organizer called the competition off.
#[must_use]
pub fn called_off(about: &CompetitionDetails) -> Text {
    (
        format!("Called off: {}", about.title),
        format!(
            "Hello {},\n\n{} has been called off by its organizer. Your registration is void; there is nothing to do.\n\n{}\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// It takes place at another time or place. `seated`: with a seat, rather than on the waitlist.
#[must_use]
pub fn changed(about: &CompetitionDetails, old: &Schedule, new: &Schedule, seated: bool) -> Text {
    let title = if old.starts_at != new.starts_at {
        "New date"
    } else if old.ends_at != new.ends_at {
        "New end"
    } else {
        "New place"
    };
    let end = |at: Option<DateTime<Utc>>| at.map(moment).unwrap_or_default();
    let lines = [
        line("Starts", &moment(new.starts_at), &moment(old.starts_at)),
        line("Ends", &end(new.ends_at), &end(old.ends_at)),
        line("Where", &new.location, &old.location),
    ];
    let stays = if seated {
        "Your seat stays yours. Can't come then? Give it back under My registrations, so that somebody else can have it."
    } else {
        "You keep your place on the waitlist."
    };
    (
        format!("{title}: {}", about.title),
        format!(
            "Hello {},\n\nthe organizer has changed when or where {} takes place.\n\n{}{}\n\n{stays}\n",
            about.name,
            about.title,
            lines.concat().trim_end(),
            about.link_after("\n")
        ),
    )
}

/// Returns a line that says what holds and, if it is something else, what held before.
fn line(name: &str, new: &str, old: &str) -> String {
    let or_open = |text: &str| if text.is_empty() { "not said" } else { text }.to_owned();
    match (new, old) {
        ("", "") => String::new(),
        (new, old) if new == old => format!("{name}: {new}\n"),
        (new, old) => format!("{name}: {} (before: {})\n", or_open(new), or_open(old)),
    }
}

/// The competition begins soon.
#[must_use]
pub fn reminder(about: &CompetitionDetails) -> Text {
    (
        format!("Soon: {}", about.title),
        format!(
            "Hello {},\n\n{} begins soon, and you have a seat.\n\n{}\n\nCan't come after all? Give the seat back under My registrations.\n",
            about.name,
            about.title,
            about.when_and_where()
        ),
    )
}

/// The organizer has something to say.
#[must_use]
pub fn announcement(about: &CompetitionDetails, subject: &str, body: &str) -> Text {
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

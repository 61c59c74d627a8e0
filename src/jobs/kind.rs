//! The closed list of what can be done in the background.

use std::{fmt, str::FromStr};

/// The names of the queues.
#[derive(Debug, Clone, Copy)]
pub struct Queues;

impl Queues {
    /// Confirmations and whatever else follows a registration at once.
    pub const REGISTRATION: &'static str = "registration";
    /// What goes out to many: reminders, announcements; what is removed. Not urgent.
    pub const REMINDER: &'static str = "reminder";
    /// Real mail: slow, and often somebody else's trouble.
    pub const MAIL: &'static str = "mail";
    /// All of them.
    pub const ALL: &'static [&'static str] = &[Self::REGISTRATION, Self::REMINDER, Self::MAIL];
}

/// What a job is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Somebody took a seat: confirm it.
    Confirmation,
    /// Somebody joined a waitlist: say so.
    Waitlist,
    /// Somebody on a waitlist got a seat: say so and confirm it.
    Promotion,
    /// Somebody gave a seat or place back: say so.
    Cancellation,
    /// A competition was called off: tell everyone in it, page by page.
    CalledOff,
    /// An organizer has something to say: tell everyone, page by page.
    Announcement,
    /// A competition begins soon: remind somebody who holds a seat.
    Reminder,
    /// A competition takes place at another time or place: tell everyone, page by page.
    Change,
    /// A competition was deleted: remove what belonged to it, chunk by chunk.
    Deletion,
    /// A message is to go out as real mail, too.
    Mail,
}

impl JobKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Confirmation,
        Self::Waitlist,
        Self::Promotion,
        Self::Cancellation,
        Self::CalledOff,
        Self::Announcement,
        Self::Reminder,
        Self::Change,
        Self::Deletion,
        Self::Mail,
    ];

    /// The name in rows, envelopes and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Waitlist => "waitlist",
            Self::Promotion => "promotion",
            Self::Cancellation => "cancellation",
            Self::CalledOff => "called-off",
            Self::Announcement => "announcement",
            Self::Reminder => "reminder",
            Self::Change => "change",
            Self::Deletion => "deletion",
            Self::Mail => "mail",
        }
    }

    /// Where it waits.
    #[must_use]
    pub const fn queue(self) -> &'static str {
        match self {
            Self::Confirmation | Self::Waitlist | Self::Promotion | Self::Cancellation => {
                Queues::REGISTRATION
            }
            Self::CalledOff
            | Self::Announcement
            | Self::Reminder
            | Self::Change
            | Self::Deletion => Queues::REMINDER,
            Self::Mail => Queues::MAIL,
        }
    }

    /// Of the payload's shape. A worker refuses versions it does not know.
    #[must_use]
    pub const fn version(self) -> i32 {
        1
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                let text: String = text.chars().take(40).collect();
                format!("unknown job kind {text:?}")
            })
    }
}

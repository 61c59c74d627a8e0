//! The closed lists that stand in the database as text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text that names no member of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of {allowed}")]
pub struct UnknownName {
    /// What was given.
    pub text: String,
    /// The names that exist, separated by commas.
    pub allowed: &'static str,
}

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(
            feature = "ssr",
            derive(utoipa::ToSchema, sea_orm::DeriveValueType),
            sea_orm(value_type = "String")
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the database and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownName {
                        text: text.chars().take(40).collect(),
                        allowed: concat!($($text, ", "),+).trim_ascii_end(),
                    }),
                }
            }
        }
    };
}

closed_list! {
    /// What an account may do. Each role may do everything the ones before it may.
    Role {
        /// Takes seats.
        Participant = "PARTICIPANT",
        /// Runs competitions.
        Organizer = "ORGANIZER",
        /// Runs the installation.
        Admin = "ADMIN",
    }
}

closed_list! {
    /// Where a competition stands in its life, as its organizer decides it.
    CompetitionStatus {
        /// Seen by its organizer only.
        Draft = "DRAFT",
        /// Seen by everyone; open while the deadline has not passed.
        Published = "PUBLISHED",
        /// Called off; seen, but closed for good.
        Cancelled = "CANCELLED",
    }
}

closed_list! {
    /// Where a registration stands.
    RegistrationStatus {
        /// The seat is taken; the confirmation is on its way.
        Pending = "PENDING",
        /// The seat is taken and the confirmation lies in the mailbox.
        Confirmed = "CONFIRMED",
        /// No seat yet; a place in the queue for one.
        Waitlisted = "WAITLISTED",
        /// Given back.
        Cancelled = "CANCELLED",
    }
}

impl CompetitionStatus {
    /// Whether its organizer may still change it to `next`. What was published does not become a
    /// draft again, and what was called off stays so: people have been told.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Draft => true,
            Self::Published => !matches!(next, Self::Draft),
            Self::Cancelled => matches!(next, Self::Cancelled),
        }
    }
}

impl RegistrationStatus {
    /// Whether it occupies a seat.
    #[must_use]
    pub const fn holds_seat(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed)
    }

    /// Whether it stands in the way of another registration of the same person.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}

closed_list! {
    /// What a message in the mailbox is about.
    MessageKind {
        /// A seat was taken.
        Confirmation = "CONFIRMATION",
        /// A place on the waitlist was taken.
        Waitlist = "WAITLIST",
        /// A seat became free for the head of the waitlist.
        Promotion = "PROMOTION",
        /// The competition starts soon.
        Reminder = "REMINDER",
        /// A seat was given back, or the competition was called off.
        Cancellation = "CANCELLATION",
        /// The competition takes place at another time or place.
        Change = "CHANGE",
        /// The organizer has something to say.
        Announcement = "ANNOUNCEMENT",
        /// About the account itself, e.g. a password reset.
        Account = "ACCOUNT",
    }
}

closed_list! {
    /// What the audit log tells about.
    AuditAction {
        /// Somebody logged in, or tried.
        LogIn = "LOG_IN",
        /// Somebody made an account.
        SignUp = "SIGN_UP",
        /// Somebody wanted what is not theirs.
        Access = "ACCESS",
        /// An account was given a role.
        RoleChange = "ROLE_CHANGE",
        /// An account was given another e-mail address.
        EmailChange = "EMAIL_CHANGE",
        /// An account was given another password.
        PasswordChange = "PASSWORD_CHANGE",
        /// The participants of a competition were exported.
        Export = "EXPORT",
        /// A competition was made.
        CompetitionCreate = "COMPETITION_CREATE",
        /// A competition was changed.
        CompetitionEdit = "COMPETITION_EDIT",
        /// A competition was published.
        CompetitionPublish = "COMPETITION_PUBLISH",
        /// A competition was cancelled.
        CompetitionCancel = "COMPETITION_CANCEL",
        /// A competition was deleted.
        CompetitionDelete = "COMPETITION_DELETE",
        /// Everybody in a competition was written to.
        Announcement = "ANNOUNCEMENT",
        /// Failed jobs were tried again.
        FailedJobRetry = "FAILED_JOB_RETRY",
        /// Failed jobs were deleted.
        FailedJobDelete = "FAILED_JOB_DELETE",
    }
}

closed_list! {
    /// What came of what the audit log tells about.
    AuditOutcome {
        /// It was done.
        Done = "DONE",
        /// It was tried, and failed.
        Failed = "FAILED",
        /// It was not allowed.
        Refused = "REFUSED",
    }
}

closed_list! {
    /// What something was done to.
    AuditSubject {
        /// An account.
        Account = "ACCOUNT",
        /// A competition.
        Competition = "COMPETITION",
        /// A failed job.
        FailedJob = "FAILED_JOB",
    }
}

//! Enumerations whose members are stored in the database and sent in JSON by their names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text that names no member of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of {allowed}")]
pub struct UnknownName {
    /// The text, cut off after 40 characters.
    pub text: String,
    /// The names that exist, separated by commas.
    pub allowed: &'static str,
}

/// Defines an enumeration with its names, and the conversions between both.
macro_rules! enumeration {
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
            /// Every member, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name in the database and in JSON.
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

pub(super) use enumeration;

enumeration! {
    /// The rights of an account. Each role includes the rights of the ones before it.
    Role {
        /// May register for competitions.
        Participant = "PARTICIPANT",
        /// May also create and edit competitions.
        Organizer = "ORGANIZER",
        /// May also administer the whole installation.
        Admin = "ADMIN",
    }
}

enumeration! {
    /// The state of a competition as its organizer decides it.
    CompetitionStatus {
        /// Visible to its organizer only.
        Draft = "DRAFT",
        /// Visible to everyone, and open until the deadline.
        Published = "PUBLISHED",
        /// Visible to everyone, and closed for good.
        Cancelled = "CANCELLED",
    }
}

enumeration! {
    /// What the state of a competition means to a visitor at a moment.
    Phase {
        /// It is not published.
        Draft = "DRAFT",
        /// It is published, and registration has not opened.
        OpensSoon = "OPENS_SOON",
        /// More than a few seats are free.
        Open = "OPEN",
        /// At most a tenth of the seats is free, and at least one.
        FewLeft = "FEW_LEFT",
        /// All seats are taken, and the waitlist is open.
        Waitlist = "WAITLIST",
        /// All seats are taken.
        Full = "FULL",
        /// The organizer has paused registration.
        Paused = "PAUSED",
        /// The deadline has passed, and it has not started.
        Closed = "CLOSED",
        /// The organizer has cancelled it.
        Cancelled = "CANCELLED",
        /// It has started and has not ended.
        Running = "RUNNING",
        /// The competition has ended.
        Ended = "ENDED",
    }
}

enumeration! {
    /// The state of a registration.
    RegistrationStatus {
        /// Holds a seat; the confirmation has not been written yet.
        Pending = "PENDING",
        /// Holds a seat; the confirmation is in the mailbox.
        Confirmed = "CONFIRMED",
        /// Waits for a seat.
        Waitlisted = "WAITLISTED",
        /// Was cancelled and holds nothing.
        Cancelled = "CANCELLED",
    }
}

impl Phase {
    /// Returns whether a participant can take a seat or join the waitlist.
    #[must_use]
    pub const fn takes_registrations(self) -> bool {
        matches!(self, Self::Open | Self::FewLeft | Self::Waitlist)
    }

    /// Returns whether the competition is published, and registration is not closed.
    #[must_use]
    pub const fn is_before_deadline(self) -> bool {
        let paused_or_full = matches!(self, Self::Paused | Self::OpensSoon | Self::Full);
        paused_or_full || self.takes_registrations()
    }
}

impl CompetitionStatus {
    /// Returns whether an organizer may change this status to `next`. A published competition never becomes
    /// a draft again, and a cancelled one stays cancelled, since its participants were notified.
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
    /// Returns whether a registration in this state holds a seat.
    #[must_use]
    pub const fn holds_seat(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed)
    }

    /// Returns whether a registration in this state is live: it rules out another one of the same
    /// account.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}

enumeration! {
    /// The subject matter of a message in the mailbox.
    MessageKind {
        /// The registration got a seat.
        Confirmation = "CONFIRMATION",
        /// The registration joined the waitlist.
        Waitlist = "WAITLIST",
        /// The registration was promoted from the waitlist.
        Promotion = "PROMOTION",
        /// The competition starts soon.
        Reminder = "REMINDER",
        /// The registration or the competition was cancelled.
        Cancellation = "CANCELLATION",
        /// The competition has a new date or location.
        Change = "CHANGE",
        /// The organizer wrote to the participants.
        Announcement = "ANNOUNCEMENT",
        /// The message is about the account itself, for example a password reset.
        Account = "ACCOUNT",
    }
}

enumeration! {
    /// What mail can be turned off about. Everything else is always sent.
    MailTopic {
        /// Reminders that a competition starts soon.
        Reminders = "REMINDERS",
        /// Reminders that registration opens soon.
        OpeningReminders = "OPENING_REMINDERS",
        /// Announcements that organizers write to participants.
        Announcements = "ANNOUNCEMENTS",
    }
}

impl MailTopic {
    /// Returns the name of the field that turns it on and off.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Reminders => "reminders",
            Self::OpeningReminders => "openingReminders",
            Self::Announcements => "announcements",
        }
    }
}

enumeration! {
    /// The actions that the audit log records.
    AuditAction {
        /// A log-in or an attempt at one.
        LogIn = "LOG_IN",
        /// Log-ins of an account were ended from another one.
        LogOut = "LOG_OUT",
        /// A new account signed up.
        SignUp = "SIGN_UP",
        /// A request for something that the account may not access.
        Access = "ACCESS",
        /// An account got another role.
        RoleChange = "ROLE_CHANGE",
        /// A participant asked to become an organizer.
        OrganizerRequest = "ORGANIZER_REQUEST",
        /// The request of a participant to become an organizer was declined.
        OrganizerRequestDecline = "ORGANIZER_REQUEST_DECLINE",
        /// An account got another name or made other choices.
        ProfileChange = "PROFILE_CHANGE",
        /// An account got another e-mail address.
        EmailChange = "EMAIL_CHANGE",
        /// An account got another password.
        PasswordChange = "PASSWORD_CHANGE",
        /// A link to set a new password was asked for.
        PasswordForgot = "PASSWORD_FORGOT",
        /// An account got a second factor.
        SecondFactorAdd = "SECOND_FACTOR_ADD",
        /// The second factor of an account was removed.
        SecondFactorRemove = "SECOND_FACTOR_REMOVE",
        /// An account got new recovery codes instead of those from before.
        RecoveryCodesReplace = "RECOVERY_CODES_REPLACE",
        /// The owner of an account has confirmed its e-mail address.
        EmailConfirm = "EMAIL_CONFIRM",
        /// An account was disabled.
        AccountDisable = "ACCOUNT_DISABLE",
        /// A disabled account was enabled again.
        AccountEnable = "ACCOUNT_ENABLE",
        /// An account was deleted by its owner.
        AccountDelete = "ACCOUNT_DELETE",
        /// The participants of a competition were exported.
        Export = "EXPORT",
        /// A participant was added by the organizer.
        ParticipantAdd = "PARTICIPANT_ADD",
        /// Registrations were cancelled by the organizer.
        RegistrationsCancel = "REGISTRATIONS_CANCEL",
        /// Registrations were promoted by the organizer out of turn.
        RegistrationsPromote = "REGISTRATIONS_PROMOTE",
        /// Confirmations were written once more.
        RegistrationsResend = "REGISTRATIONS_RESEND",
        /// A removal was undone by the organizer: participants were registered again.
        RegistrationsRestore = "REGISTRATIONS_RESTORE",
        /// Participants were checked in.
        CheckIn = "CHECK_IN",
        /// The check-in of a participant was undone.
        CheckInUndo = "CHECK_IN_UNDO",
        /// Start numbers were given to participants.
        StartNumbers = "START_NUMBERS",
        /// Results of participants were recorded.
        ResultsRecord = "RESULTS_RECORD",
        /// The standings of a stage were published.
        ResultsPublish = "RESULTS_PUBLISH",
        /// A bracket was added, changed or removed.
        BracketEdit = "BRACKET_EDIT",
        /// The result of a match was recorded or undone.
        MatchResult = "MATCH_RESULT",
        /// Certificates were issued to participants.
        CertificatesIssue = "CERTIFICATES_ISSUE",
        /// The certificate of a participant was revoked.
        CertificateRevoke = "CERTIFICATE_REVOKE",
        /// A participant changed answers to the questions of a competition.
        AnswersChange = "ANSWERS_CHANGE",
        /// A competition was created.
        CompetitionCreate = "COMPETITION_CREATE",
        /// A competition was edited.
        CompetitionEdit = "COMPETITION_EDIT",
        /// A competition was published.
        CompetitionPublish = "COMPETITION_PUBLISH",
        /// A competition was cancelled.
        CompetitionCancel = "COMPETITION_CANCEL",
        /// A competition was deleted.
        CompetitionDelete = "COMPETITION_DELETE",
        /// Registration for a competition was paused.
        RegistrationPause = "REGISTRATION_PAUSE",
        /// Registration for a competition was resumed.
        RegistrationResume = "REGISTRATION_RESUME",
        /// An announcement was sent to the participants, or scheduled.
        Announcement = "ANNOUNCEMENT",
        /// An announcement was withdrawn before it was sent.
        AnnouncementWithdraw = "ANNOUNCEMENT_WITHDRAW",
        /// Somebody was invited to work on a competition.
        StaffInvite = "STAFF_INVITE",
        /// Somebody accepted an invitation to work on a competition.
        StaffAccept = "STAFF_ACCEPT",
        /// Somebody declined an invitation to work on a competition.
        StaffDecline = "STAFF_DECLINE",
        /// Somebody who works on a competition got another role.
        StaffRoleChange = "STAFF_ROLE_CHANGE",
        /// Somebody does not work on a competition any more, or an invitation was withdrawn.
        StaffRemove = "STAFF_REMOVE",
        /// A competition got another owner.
        CompetitionHandOver = "COMPETITION_HAND_OVER",
        /// Failed jobs were retried.
        FailedJobRetry = "FAILED_JOB_RETRY",
        /// Failed jobs were deleted.
        FailedJobDelete = "FAILED_JOB_DELETE",
        /// A queue was paused.
        QueuePause = "QUEUE_PAUSE",
        /// The pause of a queue was ended.
        QueueResume = "QUEUE_RESUME",
        /// The seat counters of a competition were corrected.
        SeatRepair = "SEAT_REPAIR",
        /// An organizer created an API key.
        ApiKeyCreate = "API_KEY_CREATE",
        /// An organizer deleted an API key.
        ApiKeyDelete = "API_KEY_DELETE",
        /// An organizer created a webhook.
        WebhookCreate = "WEBHOOK_CREATE",
        /// An organizer deleted a webhook.
        WebhookDelete = "WEBHOOK_DELETE",
        /// An organizer gave a webhook a new secret.
        WebhookSecretReplace = "WEBHOOK_SECRET_REPLACE",
    }
}

enumeration! {
    /// The participants of a competition to whom an announcement is sent.
    Audience {
        /// Everyone with a seat or a position on the waitlist.
        All = "ALL",
        /// Those with a seat.
        Seated = "SEATED",
        /// Those on the waitlist.
        Waitlisted = "WAITLISTED",
        /// Those with a seat or a position on the waitlist whom a saved view shows.
        View = "VIEW",
        /// Those with a seat who are checked in.
        CheckedIn = "CHECKED_IN",
    }
}

impl Default for Audience {
    /// Returns the audience that has everyone.
    fn default() -> Self {
        Self::All
    }
}

enumeration! {
    /// The length of the periods into which statistics are divided.
    Interval {
        /// Minutes of the clock.
        Minute = "minute",
        /// Hours of the clock.
        Hour = "hour",
        /// Days of the calendar.
        Day = "day",
    }
}

impl Interval {
    /// Returns the number of periods that statistics contain at most.
    #[must_use]
    pub const fn most_buckets(self) -> u64 {
        match self {
            Self::Minute => 1_440,
            Self::Hour => 744,
            Self::Day => 400,
        }
    }
}

enumeration! {
    /// What is tallied about a competition.
    TallyKind {
        /// Registrations that were refused, by the reason.
        Refusal = "REFUSAL",
        /// Visitors of its page, by the language of the page.
        Language = "LANGUAGE",
        /// Visitors of its page, by the domain of the page that sent them.
        Referrer = "REFERRER",
    }
}

enumeration! {
    /// What a program may do with an API key, within what the owner of the key may do.
    ApiKeyScope {
        /// Reads the owner's competitions, drafts included, and their announcements.
        CompetitionsRead = "COMPETITIONS_READ",
        /// Creates, edits, publishes, cancels and deletes the owner's competitions, and changes their pictures.
        CompetitionsWrite = "COMPETITIONS_WRITE",
        /// Reads and exports the registrations for the owner's competitions, with names and e-mail addresses.
        RegistrationsRead = "REGISTRATIONS_READ",
        /// Sends and withdraws announcements to the participants of the owner's competitions.
        AnnouncementsWrite = "ANNOUNCEMENTS_WRITE",
    }
}

enumeration! {
    /// What a token that was sent by mail allows to do.
    AccountTokenPurpose {
        /// Sets a new password without the old one.
        PasswordReset = "PASSWORD_RESET",
        /// Shows that the account's owner reads mail at the address.
        EmailConfirmation = "EMAIL_CONFIRMATION",
        /// Logs in to the account without its password.
        LogInCode = "LOG_IN_CODE",
    }
}

enumeration! {
    /// The kind of client in which an account is logged in.
    LogInKind {
        /// A browser with a session.
        Browser = "BROWSER",
        /// An API client with refresh tokens.
        ApiClient = "API_CLIENT",
    }
}

enumeration! {
    /// A service that the application needs or uses.
    ServiceName {
        /// The database: PostgreSQL or SQLite.
        Database = "DATABASE",
        /// Redis, which several processes share.
        Redis = "REDIS",
        /// The SMTP server that takes mail.
        Mail = "MAIL",
    }
}

enumeration! {
    /// The state of a service that the application needs or uses.
    ServiceState {
        /// It answers in time.
        Up = "UP",
        /// It does not answer, or not in time.
        Down = "DOWN",
        /// The settings name none.
        Off = "OFF",
    }
}

enumeration! {
    /// What runs in a process of the installation.
    ProcessPart {
        /// It answers requests of clients.
        Web = "WEB",
        /// It does jobs of queues.
        Worker = "WORKER",
        /// It runs scheduled tasks.
        Scheduler = "SCHEDULER",
    }
}

enumeration! {
    /// The outcome of an action that the audit log records.
    AuditOutcome {
        /// The action was done.
        Done = "DONE",
        /// The action was attempted and failed.
        Failed = "FAILED",
        /// The action was not allowed.
        Refused = "REFUSED",
    }
}

enumeration! {
    /// The kind of thing that an audited action is about.
    AuditSubject {
        /// The action is about an account.
        Account = "ACCOUNT",
        /// The action is about a competition.
        Competition = "COMPETITION",
        /// The action is about a failed job.
        FailedJob = "FAILED_JOB",
    }
}

enumeration! {
    /// What somebody does for a competition.
    StaffRole {
        /// Owns it. Each competition has one owner.
        Owner = "OWNER",
        /// Does everything but cancelling it, deleting it and deciding who works on it.
        Editor = "EDITOR",
        /// Checks participants in, and sees their names.
        CheckIn = "CHECK_IN",
        /// Sees the overview with the numbers.
        Results = "RESULTS",
        /// Sees everything about it, and changes nothing.
        Viewer = "VIEWER",
    }
}

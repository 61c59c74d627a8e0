//! Typed ids: a competition's id can't be passed where an account's is expected.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema, sea_orm::DeriveValueType))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Creates a new id: a UUID of version 7 (RFC 9562), so that ids sort by their time of creation
            /// and index pages fill from one side.
            #[cfg(feature = "ssr")]
            #[must_use]
            #[allow(clippy::new_without_default, reason = "every call gives another value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        /// SeaORM requires this of every primary key; the database never generates ours.
        #[cfg(feature = "ssr")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// The id of an account.
    UserId,
    /// The id of a competition.
    CompetitionId,
    /// The id of a division of a competition.
    DivisionId,
    /// The id of a code of a competition.
    CodeId,
    /// The id of a question of a competition.
    QuestionId,
    /// The id of a stage of a competition.
    StageId,
    /// The id of a result of a participant in a stage.
    PerformanceId,
    /// The id of a bracket of a competition.
    BracketId,
    /// The id of a match of a bracket.
    MatchId,
    /// The id of an entry in the history of a match.
    MatchChangeId,
    /// The id of a registration: an account's seat or waitlist position in a competition.
    RegistrationId,
    /// The id of a message in a mailbox.
    MessageId,
    /// The id of a note on a registration.
    NoteId,
    /// The id of a saved view of the participants of a competition.
    SavedViewId,
    /// The id of an announcement of an organizer.
    AnnouncementId,
    /// The id of a certificate of a participant.
    CertificateId,
    /// The id of a run that issues certificates.
    CertificateRunId,
    /// The id of a browser's subscription to push messages.
    PushSubscriptionId,
    /// The id of a key with which a program calls the API.
    ApiKeyId,
    /// The id of a webhook of an organizer.
    WebhookId,
    /// The id of an event that is sent to a webhook.
    WebhookDeliveryId,
    /// The id of somebody's role in a competition, or of an invitation to one.
    StaffId,
    /// The id of a background job (a row of `outbox_jobs`).
    JobId,
}

//! What an organizer's act on many registrations has done, or would do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    RegistrationId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// What an organizer does to many registrations at once.
    BulkAction {
        /// Cancels them; their seats go to the waitlist.
        Cancel = "CANCEL",
        /// Gives free seats to registrations on the waitlist out of turn.
        Promote = "PROMOTE",
        /// Writes the confirmation to participants with a seat once more.
        Resend = "RESEND",
    }
}

enumeration! {
    /// What an organizer's act has done to one registration.
    BulkOutcome {
        /// The action was done.
        Done = "DONE",
        /// The registration was in the wanted state already.
        Unchanged = "UNCHANGED",
        /// The competition has no such registration.
        NotFound = "NOT_FOUND",
        /// Every seat is taken.
        CompetitionFull = "COMPETITION_FULL",
        /// Every seat of the division is taken.
        DivisionFull = "DIVISION_FULL",
        /// The registration is cancelled.
        Cancelled = "CANCELLED",
        /// The registration holds no seat.
        NoSeat = "NO_SEAT",
    }
}

impl BulkOutcome {
    /// Returns whether the action was not possible.
    #[must_use]
    pub fn is_refused(self) -> bool {
        !matches!(self, Self::Done | Self::Unchanged)
    }
}

/// The result of an act on many registrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkResultView {
    /// The action that was done, or would be.
    pub action: BulkAction,
    /// Whether this only says what would happen: nothing was changed.
    pub dry_run: bool,
    /// What happened to each registration, in the order of the request.
    pub results: Vec<BulkItemView>,
    /// The number of registrations for which the action was done.
    pub done: u32,
    /// The number of registrations that were in the wanted state already.
    pub unchanged: u32,
    /// The number of registrations for which the action was not possible.
    pub refused: u32,
    /// The number of registrations on the waitlist that got a seat because others gave theirs back.
    pub promoted: u32,
    /// The number of seats that are free afterwards.
    pub seats_left: i32,
    /// The number of registrations on the waitlist afterwards.
    pub waitlisted: i32,
}

/// What happened to one registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkItemView {
    /// The id of the registration, as it was sent.
    pub registration_id: RegistrationId,
    /// What the action has done to it, or why it has not.
    pub outcome: BulkOutcome,
}

impl BulkResultView {
    /// Counts what happened to each registration.
    #[must_use]
    pub fn count(mut self) -> Self {
        let number = |wanted: fn(BulkOutcome) -> bool| {
            let of_kind = self.results.iter().filter(|item| wanted(item.outcome));
            u32::try_from(of_kind.count()).unwrap_or(u32::MAX)
        };
        self.done = number(|outcome| outcome == BulkOutcome::Done);
        self.unchanged = number(|outcome| outcome == BulkOutcome::Unchanged);
        self.refused = number(BulkOutcome::is_refused);
        self
    }
}

/// How many minutes after a removal it can be undone.
pub const UNDO_MINUTES: u32 = 15;

/// Who has come back when the removal of participants was undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoneView {
    /// The number of participants who have a seat again.
    pub seated: u32,
    /// The number of participants who wait for a seat.
    pub waiting: u32,
    /// The number of participants who have not come back: no place is left for them, or they have another registration.
    pub left_out: u32,
}

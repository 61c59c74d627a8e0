//! The kinds of jobs that this module's handlers do.
//!
//! Their names stand in rows, envelopes and metrics, so they never change.

use crate::jobs::{JobKind, Queues};

/// Tells a participant that their seat is confirmed, and confirms it.
pub const CONFIRMATION: JobKind = JobKind::new("confirmation", Queues::REGISTRATION);
/// Tells a participant that they are on the waitlist.
pub const WAITLIST: JobKind = JobKind::new("waitlist", Queues::REGISTRATION);
/// Tells a participant that they moved from the waitlist to a seat, and confirms it.
pub const PROMOTION: JobKind = JobKind::new("promotion", Queues::REGISTRATION);
/// Tells a participant that their registration is cancelled, as they asked.
pub const CANCELLATION: JobKind = JobKind::new("cancellation", Queues::REGISTRATION);
/// Reminds a participant that a competition starts soon.
pub const REMINDER: JobKind = JobKind::new("reminder", Queues::REMINDER);
/// Tells all participants, page by page, that the competition is cancelled.
pub const COMPETITION_CANCELLED: JobKind = JobKind::new("called-off", Queues::REMINDER);
/// Tells all participants, page by page, what the organizer announces.
pub const ANNOUNCEMENT: JobKind = JobKind::new("announcement", Queues::REMINDER);
/// Tells all participants, page by page, that the competition's time or place has changed.
pub const SCHEDULE_CHANGE: JobKind = JobKind::new("change", Queues::REMINDER);
/// Removes, chunk by chunk, what belonged to a deleted competition.
pub const COMPETITION_DELETION: JobKind = JobKind::new("deletion", Queues::REMINDER);

/// All kinds of this module.
pub const ALL: [JobKind; 9] = [
    CONFIRMATION,
    WAITLIST,
    PROMOTION,
    CANCELLATION,
    REMINDER,
    COMPETITION_CANCELLED,
    ANNOUNCEMENT,
    SCHEDULE_CHANGE,
    COMPETITION_DELETION,
];

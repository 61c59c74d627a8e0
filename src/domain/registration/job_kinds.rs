//! The kinds of jobs that this module's handlers do. Each is declared beside its handler.

use crate::jobs::JobKind;

pub use super::{
    competition_deletion::COMPETITION_DELETION,
    fan_out::{ANNOUNCEMENT, COMPETITION_CANCELLED},
    notification_message::{
        CANCELLATION, CONFIRMATION, PROMOTION, REMINDER, REMOVAL, RESEND, WAITLIST,
    },
    schedule_changes::SCHEDULE_CHANGE,
};

/// All kinds of this module.
pub const ALL: [JobKind; 11] = [
    CONFIRMATION,
    WAITLIST,
    PROMOTION,
    CANCELLATION,
    REMOVAL,
    RESEND,
    REMINDER,
    COMPETITION_CANCELLED,
    ANNOUNCEMENT,
    SCHEDULE_CHANGE,
    COMPETITION_DELETION,
];

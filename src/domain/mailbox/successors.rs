//! The kinds of messages about a registration that later kinds make untrue.

use crate::model::MessageKind;

/// Returns the kinds of messages after which one of `kind` about the same registration would no
/// longer be true.
pub(in crate::domain) const fn successors(kind: MessageKind) -> &'static [MessageKind] {
    match kind {
        MessageKind::Waitlist => &[MessageKind::Promotion, MessageKind::Cancellation],
        MessageKind::Confirmation
        | MessageKind::Promotion
        | MessageKind::Reminder
        | MessageKind::Change => &[MessageKind::Cancellation],
        MessageKind::Cancellation | MessageKind::Announcement | MessageKind::Account => &[],
    }
}

//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "No more reminders by mail?",
    title_opening_reminders: "No more reminders of openings by mail?",
    title_announcements: "No more announcements by mail?",
    words: "They still arrive in your mailbox here; only the real mail stops. Confirmations keep coming.",
    yes: "Stop this mail",
    done_title: "Done: no more of these by mail",
    done: "They still arrive in your mailbox here.",
    to_mailbox: "To your mailbox",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "Mailbox",
    list: "Messages",
    all: "All",
    unread: "Unread",
    none_title: "No messages",
    none: "Confirmations, reminders and news from organizers arrive here.",
    none_unread_title: "All read",
    none_unread: "Nothing new since you were last here.",
    choose: "Choose a message to read it.",
    new: "New",
    mark_read: "Mark as read",
    to_list: "All messages",
    competition: "View competition",
    registrations: "To my registrations",
    kind_confirmation: "Confirmation",
    kind_waitlist: "Waitlist",
    kind_promotion: "Seat for you",
    kind_reminder: "Reminder",
    kind_cancellation: "Cancellation",
    kind_change: "New time or place",
    kind_announcement: "News",
    kind_account: "Account",
};

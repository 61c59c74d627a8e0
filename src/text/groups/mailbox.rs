//! Sentences of the mailbox, and of the page behind a reminder's unsubscribe link.

use crate::model::MessageKind;

sentences! {
    /// Sentences of the page behind a reminder's unsubscribe link.
    UnsubscribeText {
        title;
        words;
        yes;
        done_title;
        done;
        to_mailbox;
    }
}

sentences! {
    /// Sentences of the page with the account's messages.
    MailboxText {
        title;
        list;
        all;
        unread;
        none_title;
        none;
        none_unread_title;
        none_unread;
        choose;
        new;
        mark_read;
        to_list;
        competition;
        registrations;
        kind_confirmation;
        kind_waitlist;
        kind_promotion;
        kind_reminder;
        kind_cancellation;
        kind_change;
        kind_announcement;
        kind_account;
    }
}

impl MailboxText {
    /// Returns the name of a kind of messages.
    #[must_use]
    pub const fn kind(&self, kind: MessageKind) -> &'static str {
        match kind {
            MessageKind::Confirmation => self.kind_confirmation,
            MessageKind::Waitlist => self.kind_waitlist,
            MessageKind::Promotion => self.kind_promotion,
            MessageKind::Reminder => self.kind_reminder,
            MessageKind::Cancellation => self.kind_cancellation,
            MessageKind::Change => self.kind_change,
            MessageKind::Announcement => self.kind_announcement,
            MessageKind::Account => self.kind_account,
        }
    }
}

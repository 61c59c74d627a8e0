//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use crate::model::{MailTopic, MessageKind};

sentences! {
    /// Sentences of the page behind the unsubscribe link of a mail.
    UnsubscribeText {
        title_reminders;
        title_opening_reminders;
        title_announcements;
        words;
        yes;
        done_title;
        done;
        to_mailbox;
    }
}

impl UnsubscribeText {
    /// Returns the question whether to turn mail about a topic off.
    #[must_use]
    pub const fn title(&self, topic: MailTopic) -> &'static str {
        match topic {
            MailTopic::Reminders => self.title_reminders,
            MailTopic::OpeningReminders => self.title_opening_reminders,
            MailTopic::Announcements => self.title_announcements,
        }
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

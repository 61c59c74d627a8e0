//! Sentences of the mailbox, and of the page behind a reminder's unsubscribe link.

use crate::model::{MailTopic, MessageKind};

catalogue! {
    /// Sentences of the page behind the unsubscribe link of a mail.
    UnsubscribeText = UNSUBSCRIBE {
        title(topic: MailTopic) => match topic { MailTopic::Reminders => "No more reminders by mail?", MailTopic::OpeningReminders => "No more reminders of openings by mail?", MailTopic::Announcements => "No more announcements by mail?" }.to_owned();
        words => "They still arrive in your mailbox here; only the real mail stops. Confirmations keep coming.";
        yes => "Stop this mail";
        done_title => "Done: no more of these by mail";
        done => "They still arrive in your mailbox here.";
        to_mailbox => "To your mailbox";
    }
}

catalogue! {
    /// Sentences of the page with the account's messages.
    MailboxText = MAILBOX {
        title => "Mailbox";
        list => "Messages";
        all => "All";
        unread => "Unread";
        none_title => "No messages";
        none => "Confirmations, reminders and news from organizers arrive here.";
        none_unread_title => "All read";
        none_unread => "Nothing new since you were last here.";
        choose => "Choose a message to read it.";
        new => "New";
        mark_read => "Mark as read";
        to_list => "All messages";
        competition => "To the competition";
        registrations => "To my registrations";
        kind(kind: MessageKind) => match kind {
            MessageKind::Confirmation => "Confirmation",
            MessageKind::Waitlist => "Waitlist",
            MessageKind::Promotion => "Seat for you",
            MessageKind::Reminder => "Reminder",
            MessageKind::Cancellation => "Cancellation",
            MessageKind::Change => "New time or place",
            MessageKind::Announcement => "News",
            MessageKind::Account => "Account",
        }.to_owned();
    }
}

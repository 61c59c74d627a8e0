//! Sentences for the account's own registrations and messages.

use crate::model::MessageKind;

catalogue! {
    /// Sentences of the page with the account's registrations.
    MyRegistrations = MY_REGISTRATIONS {
        title => "My registrations";
        upcoming => "Upcoming";
        earlier => "Earlier";
        none_title => "No registrations yet";
        none => "When you take a seat, it shows here with everything you need.";
        none_upcoming => "Nothing ahead. Time for a new challenge?";
        pending => "Seat taken";
        confirmed => "Confirmed";
        waitlisted => "Waitlist";
        cancelled => "Given back";
        pending_text => "The seat is yours; the confirmation is on its way.";
        confirmed_text => "The seat is yours; the confirmation is in your mailbox.";
        waitlisted_text(place: u32) => format!("Number {place} in the queue. We write to you when a seat is yours.");
        waitlisted_text_plain => "In the queue. We write to you when a seat is yours.";
        cancelled_text => "You gave it back, or the competition was called off.";
        called_off_text => "The organizer has called the competition off.";
        steps => "How far it is";
        step_seat => "Seat";
        step_queue => "In the queue";
        step_mail => "Confirmation";
        step_reminder => "Reminder";
        step_start => "Start";
        done => "done";
        ahead => "ahead";
        taken => "Registered";
        cancel => "Cancel";
        cancel_of(title: &str) => format!("Cancel your place in {title}");
        cancel_title => "Give it back?";
        cancel_seat(title: &str) => format!("Your seat in {title} goes to the next person at once. You can't get it back if others are waiting.");
        cancel_waiting(title: &str) => format!("You lose your place in the queue for {title}.");
        cancel_yes_seat => "Yes, give the seat back";
        cancel_yes_waiting => "Yes, leave the waitlist";
        cancel_no => "Keep it";
        already_cancelled => "This registration is cancelled already.";
    }
}

catalogue! {
    /// Sentences of the page behind a reminder's unsubscribe link.
    Unsubscribe = UNSUBSCRIBE {
        title => "No more reminders by mail?";
        words => "Reminders still arrive in your mailbox here; only the real mail stops. Confirmations keep coming.";
        yes => "Stop reminders by mail";
        done_title => "Done: no more reminders by mail";
        done => "They still arrive in your mailbox here.";
        to_mailbox => "To your mailbox";
    }
}

catalogue! {
    /// Sentences of the page with the account's messages.
    Mailbox = MAILBOX {
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

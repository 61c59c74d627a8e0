//! Sentences about the account's own registrations.

catalogue! {
    /// Sentences of the page with the account's registrations.
    MyRegistrationsText = MY_REGISTRATIONS {
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

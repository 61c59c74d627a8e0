//! Sentences about the account's own registrations.

sentences! {
    /// Sentences of the page with the account's registrations.
    MyRegistrationsText {
        title;
        upcoming;
        earlier;
        none_title;
        none;
        none_upcoming;
        pending;
        confirmed;
        waitlisted;
        cancelled;
        pending_text;
        confirmed_text;
        waitlisted_text(place: u64);
        waitlisted_text_plain;
        not_taking_place;
        leave;
        leave_of(title: &str);
        leave_title;
        cancelled_text;
        called_off_text;
        ticket;
        ticket_of(title: &str);
        place;
        place_of(title: &str);
        steps;
        step_seat;
        step_queue;
        step_mail;
        step_reminder;
        step_start;
        done;
        ahead;
        taken;
        cancel;
        cancel_of(title: &str);
        cancel_title;
        cancel_seat(title: &str);
        cancel_waiting(title: &str);
        cancel_yes_seat;
        cancel_yes_waiting;
        cancel_no;
        already_cancelled;
    }
}

//! Sentences of letters: messages in the mailbox, and mail about an account.
//!
//! A letter consists of paragraphs: the greeting, what has happened, when and where, and a hint.

sentences! {
    /// What all letters have in common.
    LetterText {
        hello(name: &str);
        hello_plain;
        when(when: &str);
        place(place: &str);
        unsubscribe_reminders(link: &str);
        unsubscribe_opening_reminders(link: &str);
        unsubscribe_announcements(link: &str);
    }
}

sentences! {
    /// Letters about a registration.
    RegistrationLetterText {
        confirmation_subject(title: &str);
        confirmation(title: &str);
        confirmation_hint;
        cancelled_since;
        called_off_since;
        waitlist_subject(title: &str);
        waitlist(title: &str);
        waitlist_ahead(n: u64);
        waitlist_hint;
        promotion_subject(title: &str);
        promotion(title: &str);
        promotion_hint;
        cancellation_subject(title: &str);
        cancellation(title: &str);
        cancellation_hint;
        removal(title: &str);
        removal_reason(reason: &str);
        removal_hint;
        called_off_subject(title: &str);
        called_off(title: &str);
        reminder_subject(title: &str);
        reminder(title: &str);
        reminder_hint;
        opening_subject(title: &str);
        opening(title: &str, when: &str);
        opening_hint;
        announcement_subject(title: &str, subject: &str);
        announcement_from(title: &str);
    }
}

sentences! {
    /// Letters about a competition that takes place at another time or place.
    ScheduleLetterText {
        new_date_subject(title: &str);
        new_end_subject(title: &str);
        new_place_subject(title: &str);
        changed(title: &str);
        starts;
        ends;
        place;
        line(name: &str, value: &str);
        changed_line(name: &str, value: &str, before: &str);
        not_said;
        seat_stays;
        position_stays;
    }
}

sentences! {
    /// Letters about an account.
    AccountLetterText {
        organizer_approved_subject;
        organizer_approved;
        organizer_approved_hint;
        organizer_declined_subject;
        organizer_declined;
        organizer_declined_hint;
        password_changed_subject;
        password_changed;
        password_changed_hint;
        second_factor_on_subject;
        second_factor_on;
        second_factor_on_hint;
        second_factor_off_subject;
        second_factor_off;
        second_factor_off_hint;
        recovery_codes_replaced_subject;
        recovery_codes_replaced;
        recovery_codes_replaced_hint;
        recovery_code_used_subject;
        recovery_code_used(left: u64);
        recovery_code_used_hint;
        code_subject;
        code;
        code_hint(minutes: u64);
        reset_subject;
        reset;
        reset_hint(minutes: u64);
        confirm_subject;
        confirm;
        confirm_hint(days: u64);
        new_email_subject;
        new_email(address: &str);
        new_email_hint;
    }
}

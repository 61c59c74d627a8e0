//! Sentences of flash messages: what the next page says about an action.

sentences! {
    /// Sentences about the result of an action.
    FlashText {
        signed_up(name: &str);
        logged_in(name: &str);
        logged_out;
        login_first;
        login_to_register;
        register_again;
        reminder_wanted;
        reminder_unwanted;
        given_back;
        account_deleted;
        session_ended;
        other_sessions_ended;
        password_reset;
        password_changed;
        email_confirmed;
        email_changed;
        second_factor_on;
        second_factor_off;
        confirm_new_email(address: &str);
        link_sent_again;
        signed_up_confirm(name: &str, address: &str);
        profile_saved;
        created;
        saved;
        published;
        called_off;
        paused;
        resumed;
        registration_closed;
        registration_reopened;
        duplicated;
        deleted;
        picture_saved;
        picture_removed;
        typed_waits;
        typed_stays;
        typed_kept;
        left_waitlist;
        internal_error;
        capacity_below;
        saved_meanwhile(value: &str);
        saved_meanwhile_empty;
    }
}

//! Sentences of flash messages: what the next page says about an action.

catalogue! {
    /// Sentences about the result of an action.
    FlashText = FLASH {
        signed_up(name: &str) => format!("Welcome, {name}. Your account is ready.");
        logged_in(name: &str) => format!("Welcome back, {name}.");
        logged_out => "You're logged out.";
        login_first => "Log in to go on.";
        login_to_register => "Log in or sign up, and you're registered.";
        seat => "You have a seat.";
        waitlisted => "You are on the waitlist.";
        reminder_wanted => "We'll remind you 15 minutes before registration opens.";
        reminder_unwanted => "You won't be reminded of the opening.";
        given_back => "It is given back.";
        account_deleted => "Your account is deleted.";
        session_ended => "That device is logged out.";
        other_sessions_ended => "You're logged out everywhere else.";
        password_reset => "Your password is changed. Log in with the new one.";
        password_changed => "Your password is changed. Other devices are logged out.";
        second_factor_on => "Two-step log-in is on. Other devices are logged out.";
        second_factor_off => "Two-step log-in is off.";
        email_confirmed => "Your e-mail address is confirmed.";
        email_changed => "Your e-mail address is changed.";
        confirm_new_email(address: &str) => format!("Check your mail: we sent a link to {address}.");
        link_sent_again => "The link is on its way.";
        signed_up_confirm(name: &str, address: &str) => format!("Welcome, {name}. We sent a link to {address}: open it to confirm your address.");
        profile_saved => "Your profile is saved.";
        created => "Your competition is created.";
        saved => "Your changes are saved.";
        published => "It is published. Share the page!";
        called_off => "It is called off. Everyone who had a seat is being told.";
        duplicated => "Here is the copy, as a draft. Set its dates and publish it.";
        deleted => "It is deleted.";
        internal_error => "Something on our side failed. Nothing happened, and trying again is safe.";
        capacity_below => "More seats are taken than that.";
        changed_meanwhile => "Somebody else saved changes while you were typing. Nothing is lost: what you typed is still here, and what they saved stands beside each field that differs. Saving again replaces it.";
        saved_meanwhile(value: &str) => if value.is_empty() { "Saved by somebody else: nothing.".to_owned() } else { format!("Saved by somebody else: {value}") };
    }
}

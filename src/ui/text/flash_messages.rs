//! Sentences of flash messages: what the next page says about an action.

catalogue! {
    /// Sentences about the result of an action.
    FlashText = FLASH {
        signed_up(name: &str) => format!("Welcome, {name}. Your account is ready.");
        logged_in(name: &str) => format!("Welcome back, {name}.");
        logged_out => "You are logged out.";
        login_first => "Log in to go on.";
        login_to_register => "Log in, then press the register button once more.";
        seat => "You have a seat. The confirmation is on its way to your mailbox.";
        waitlisted(place: u32) => format!("You are on the waitlist, number {place}.");
        waitlisted_plain => "You are on the waitlist.";
        reminder_wanted => "We'll remind you 15 minutes before registration opens.";
        reminder_unwanted => "You won't be reminded of the opening.";
        given_back => "It is given back.";
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

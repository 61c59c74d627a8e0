//! Sentences of the frame around every page, and of error pages.

catalogue! {
    /// Sentences of the header, the footer, lists and error pages.
    FrameText = FRAME {
        name => "Mini Compete";
        tagline => "Competitions with limited seats";
        skip => "Skip to content";
        main_navigation => "Main";
        account_navigation => "Your account";
        competitions => "Competitions";
        my_registrations => "My registrations";
        mailbox => "Mailbox";
        unread(n: u64) => if n == 1 { "1 unread message".to_owned() } else { format!("{n} unread messages") };
        organize => "Organize";
        profile => "Profile";
        log_in => "Log in";
        log_out => "Log out";
        sign_up => "Sign up";
        footer => "Never one seat too many, never a lost confirmation.";
        api => "API";
        times_utc => "Times are shown in UTC.";
        back => "Back";
        pages => "Pages";
        previous => "Previous";
        next => "Next";
        page_of(page: u64, pages: u64) => format!("Page {page} of {pages}");
        close => "Close";
        optional => "optional";
        not_found_title => "Nothing here";
        not_found => "There is nothing at this address. It may have moved, or the link lost a piece on its way.";
        forbidden_title => "Not yours to see";
        forbidden => "This page belongs to somebody else. If you have another account, log in with that one.";
        too_large_title => "That is too long";
        too_large => "Nothing was saved. Go back: your browser still has what you typed. Shorten the longest text and send it again.";
        broken_title => "That did not work";
        broken => "Something on our side failed. Nothing was changed, and trying again is safe.";
        busy_title => "Very many people are here";
        busy => "We could not get to you in time. Nothing was changed; trying again in a moment is safe.";
        unreadable_title => "We could not read this form";
        unreadable => "The form arrived damaged, so nothing was changed. Go back, load the page again and send the form once more.";
        try_again => "Try again";
        home => "Go to the front page";
        see_competitions => "See all competitions";
    }
}

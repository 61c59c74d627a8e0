//! Sentences of the frame around every page, and of error pages.

sentences! {
    /// Sentences of the header, the footer, lists and error pages.
    FrameText {
        name;
        tagline;
        skip;
        main_navigation;
        account_navigation;
        competitions;
        my_registrations;
        mailbox;
        organize;
        profile;
        log_in;
        log_out;
        sign_up;
        footer;
        api;
        times_utc;
        languages;
        back;
        pages;
        previous;
        next;
        page_of(page: u64, pages: u64);
        close;
        optional;
        not_found_title;
        not_found;
        forbidden_title;
        forbidden;
        too_large_picture_title;
        too_large_picture;
        too_large_title;
        too_large;
        too_fast_title;
        too_fast(seconds: u64);
        broken_title;
        broken;
        busy_title;
        busy;
        unreadable_title;
        unreadable;
        offline_title;
        offline;
        saved_copy;
        try_again;
        home;
        see_competitions;
    }
}

//! Sentences of the registration panel and the names of phases, which the server and the browser show.

sentences! {
    /// The names of a competition's phases, as badges show them.
    PhaseText {
        draft;
        cancelled;
        ended;
        running;
        opens_soon;
        closed;
        open;
        few_left;
        waitlist;
        full;
        paused;
    }
}

sentences! {
    /// Sentences of the registration panel.
    PanelText {
        your_place;
        register;
        join_waitlist;
        login_hint;
        open_hint;
        few_hint(n: u64);
        freed_title;
        freed;
        waitlist_hint(n: u64);
        soon_title(when: &str);
        soon;
        soon_live;
        full_title;
        full;
        full_code_title;
        full_code;
        register_with_code;
        paused_title;
        paused;
        paused_live;
        closed_title;
        closed;
        running_title;
        running;
        past_title;
        past;
        cancelled_title;
        cancelled;
        draft_title;
        draft;
        seat_title;
        confirmed;
        pending;
        promoted;
        waitlisted_title(place: u64);
        waitlisted_title_plain;
        waitlisted(ahead: u64);
        waitlisted_gone;
        had_seat;
        given_back_title;
        given_back;
        give_back;
        leave_waitlist;
        view_ticket;
        view_place;
        yours_title;
        yours;
        yours_soon(when: &str);
        manage;
        see_competitions;
        check_title;
        check_logged_in;
        check_log_in;
        check_confirmed;
        check_confirm;
        check_answers(n: u64);
        check_answered;
        check_online;
        check_offline;
        remind;
        remind_not;
        remind_calendar;
    }
}

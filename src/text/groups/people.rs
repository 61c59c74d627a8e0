//! Sentences of the page on which an organizer manages the participants of a competition.

sentences! {
    /// Sentences of the page with the participants of a competition.
    PeopleText {
        col_language;
        any_language;
        more_than(n: u64);
        select(name: &str);
        with_selected;
        select_page;
        everybody;
        message;
        cancel;
        promote;
        resend;
        add;
        add_title;
        add_lead;
        add_button;
        added(name: &str);
        added_waiting(name: &str);
        review_title;
        cancel_title(n: u64);
        promote_title(n: u64);
        resend_title(n: u64);
        cancel_effect(n: u64);
        promote_effect(n: u64);
        resend_effect(n: u64);
        moved_up(n: u64);
        unchanged(n: u64);
        refused(n: u64);
        nothing_to_do;
        reason;
        reason_hint;
        cancel_yes(n: u64);
        promote_yes(n: u64);
        resend_yes(n: u64);
        back;
        undo;
        undo_hint(n: u64);
        undone_seated(n: u64);
        undone_waiting(n: u64);
        undone_left_out(n: u64);
    }
}

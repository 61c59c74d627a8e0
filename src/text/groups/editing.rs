//! Sentences about editing, closing and deleting a competition.

sentences! {
    /// Sentences about editing, closing and deleting a competition.
    EditingText {
        notify_title(n: u64);
        notify_lead;
        notify_was(value: &str);
        notify_unknown;
        notify_yes(n: u64);
        notify_no;
        capacity_title(n: u64);
        capacity_yes(n: u64);
        capacity_now(taken: u64, waiting: u64);
        conflict_title;
        conflict_lead;
        conflict_taken;
        conflict_both;
        preview;
        preview_title;
        preview_empty;
        close;
        close_title;
        close_words;
        close_numbers(free: u64, waiting: u64);
        seats_reserved(seats: u64);
        close_yes;
        close_no;
        reopen;
        reopen_title;
        reopen_words;
        reopen_before;
        reopen_yes;
        delete_registered(n: u64);
        delete_type(title: &str);
        delete_other_title;
    }
}

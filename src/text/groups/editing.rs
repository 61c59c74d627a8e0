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
        preview;
        preview_title;
        preview_empty;
        close;
        close_title;
        close_words;
        close_yes;
        close_no;
        reopen;
        reopen_title;
        reopen_words;
        reopen_yes;
        delete_registered(n: u64);
        delete_type(title: &str);
        delete_other_title;
    }
}

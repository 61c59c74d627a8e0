//! Sentences about the saved views of a competition's participants.

sentences! {
    /// Sentences about the saved views of a competition's participants.
    SavedViewsText {
        title;
        everyone;
        save_title;
        name;
        save;
        saved(name: &str);
        change_title(name: &str);
        rename;
        renamed;
        delete;
        deleted;
        audience_hint;
        send_at_least(n: u64);
        schedule_at_least(n: u64);
        enter_name;
        name_taken;
        too_many(n: u64);
        unknown;
    }
}

//! Sentences of the page that says who changed what.

sentences! {
    /// Sentences of the page that says who changed what.
    HistoryText {
        title;
        lead;
        col_when;
        col_who;
        col_what;
        col_change;
        operator;
        automatic;
        author_may_not;
        registrations(n: u64);
    }
}

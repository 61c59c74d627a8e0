//! Sentences of calendar files.

sentences! {
    /// Sentences of calendar files.
    CalendarText {
        opening(title: &str);
    }
}

//! Sentences about what other sites show of a competition.

sentences! {
    /// Sentences about what other sites show of a competition.
    EmbedText {
        title;
        lead;
        frame;
        badge;
        open;
        copy;
    }
}

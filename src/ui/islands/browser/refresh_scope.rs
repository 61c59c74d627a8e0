//! What is exchanged of an open page.

/// Which parts of the page are exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshScope {
    /// The results only, so that nobody who reads the rest loses the focus or a selection.
    Results,
    /// All parts of the page.
    Page,
}

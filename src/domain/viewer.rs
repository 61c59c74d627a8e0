//! The account on whose behalf a browser's request is made.

use crate::model::{Language, UserView};

/// The account that is logged in to the request's session.
///
/// The web layer looks it up in the database for each request and attaches it to the request, so
/// that a role which was taken away has no effect any more.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The account; `None` for anonymous visitors.
    pub user: Option<UserView>,
    /// The number of the account's unread messages, which every page shows.
    pub unread: u64,
    /// Whether the account, which is no organizer, works on a competition that somebody else owns.
    pub works_for_others: bool,
    /// Whether the account has to set up a second factor before it sees any other page.
    pub lacks_second_factor: bool,
    /// The language of the account; `None` for anonymous visitors, and for an account that has not read yet.
    pub language: Option<Language>,
}

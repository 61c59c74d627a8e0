//! Code that runs in the browser only. If a browser lacks a function, the page stays as it is without
//! JavaScript, and no error is shown.

pub mod auto_submit;
pub mod confirm_dialog;
pub mod copy_links;
pub mod countdowns;
pub(super) mod dom;
pub mod flash;
pub mod form_submission;
pub(super) mod json;
pub mod language_choice;
pub mod live_competition;
pub mod live_search;
pub mod local_times;
pub mod own_lists;
pub mod own_news;
pub mod page_refresh;
pub mod phase_clock;
pub mod phase_display;
pub mod ready_check;
pub mod refresh_scope;
mod server_clock;
pub mod share_links;
mod streams;
pub mod suggestions;
pub mod theme_storage;
mod typed_input;

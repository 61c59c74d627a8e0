//! Server functions: what forms post to, with and without JavaScript.
//!
//! Each is a thin skin: read the fields, ask the domain, keep what the next page has to say in the
//! session, and answer 303. It never answers with an error page: what did not work is told where
//! the person was, with what they typed. A fault is logged, and told as *nothing happened*.
//!
//! Cross-site requests are turned away before they come here (the web layer's check of `Origin`
//! and `Sec-Fetch-Site`), and none of these can be reached with GET.

mod account;
mod answer;
mod competition;
mod mailbox;
mod registration;

pub use account::{Login, Logout, Signup, UpdateProfile};
pub use answer::{Done, Unreadable};
pub use competition::{
    COMPETITION_FORM, CallOffCompetition, CreateCompetition, DeleteCompetition,
    DuplicateCompetition, EditCompetition, PublishCompetition,
};
pub use mailbox::MarkRead;
pub use registration::{CancelRegistration, Register};

//! Messages: what was said to whom. Every message is a row; where a mail relay is set up, it also
//! goes out as real [`mail`].

mod compose;
mod deliver;
pub mod letters;
pub mod mail;
pub(in crate::domain) mod order;
mod preferences;
mod reading;

pub use deliver::{Letter, Post};
pub use preferences::Preferences;
pub use reading::Mailbox;

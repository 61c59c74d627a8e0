//! Messages: what was said to whom. Every message is a row; where a mail relay is set up, it also
//! goes out as real [`mail`].

mod compose;
mod deliver;
mod inbox;
pub mod letters;
pub mod mail;
mod preferences;

pub use deliver::{Letter, Post};
pub use inbox::Mailbox;
pub use preferences::Preferences;

//! Messages: what was said to whom. Every message is a row; where a mail relay is set up, it also
//! goes out as real [`mail`].

mod compose_mail;
mod inbox;
pub mod mail;
pub mod message_texts;
mod message_writer;
mod preferences;
pub(in crate::domain) mod successors;

pub use inbox::Mailbox;
pub use message_writer::{MessageWriter, NewMessage};
pub use preferences::Preferences;

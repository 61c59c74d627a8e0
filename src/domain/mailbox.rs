//! Messages to participants and organizers. Each message is a row of `mail_box`, written exactly once;
//! where an SMTP server is set, [`mail`] also sends it at least once, and [`push`] to browsers that asked for it.

mod compose_mail;
mod inbox;
pub mod mail;
pub(in crate::domain) mod mail_failures;
mod mailed_ticket;
pub mod message_texts;
mod message_writer;
mod preferences;
pub mod push;
pub(in crate::domain) mod successors;

pub(in crate::domain) use compose_mail::mail_of_text;
pub use inbox::Mailbox;
pub(in crate::domain) use inbox::view as message_view;
pub use message_writer::{MessageWriter, NewMessage};
pub use preferences::Preferences;

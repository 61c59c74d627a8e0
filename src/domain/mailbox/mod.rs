//! Messages: what was said to whom. Every message is a row; whether it also goes out as real mail
//! is another matter.

mod deliver;
pub mod letters;
mod reading;

pub use deliver::{Letter, deliver};
pub use reading::Mailbox;

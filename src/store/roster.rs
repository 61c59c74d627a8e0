//! Rosters: the rows by which organizers search and sort the registrations of a competition.
//!
//! Names and addresses are texts of accounts, so no index of `registrations` is in their order, or finds a word in
//! them. A roster entry repeats them for each registration, folded like the texts of the search index, and
//! `roster_words` contains each of its words. So among 100,000 registrations those with a word are a range of an
//! index, and so is a page of the list in the order of names.
//!
//! Triggers note in `roster_updates` which entries are missing or out of date. [`write_outdated`] writes them: for
//! one competition before its list is read, and for all in a scheduled task.

mod driver;
mod entries;
mod pages;
mod query;
mod terms;

pub use entries::{complete, write_outdated};
pub use pages::matching_among;
pub use query::{Attendance, RosterOrder, RosterPage, RosterQuery, RosterStart};
pub use terms::{RosterTerm, SearchedText, resolve_terms, ticket_word, words_condition};

//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "What happened",
    seat_taken: "Registered with a seat",
    waitlisted: "Joined the waitlist",
    promoted: "Got a seat from the waitlist",
    cancelled: "Cancelled",
    queued: "A message is about to be written ({job})",
    attempt_failed: "{n, plural, one {A message could not be written; it will be tried again ({job})} other {A message could not be written {n} times; it will be tried again ({job})}}",
    given_up: "A message could not be written ({job}). An administrator can try again.",
    written: "Message in the mailbox: {kind}",
    sent: "Sent as mail: {kind}",
    notes: "Notes",
    notes_lead: "Only those who run this competition see them.",
    notes_none: "There are no notes yet.",
    note: "Note",
    add_note: "Add the note",
    delete_note: "Delete the note of {author}",
    note_added: "The note is saved.",
    note_deleted: "The note is deleted.",
    too_many_notes: "{n, plural, one {A registration has at most 1 note. Delete one first.} other {A registration has at most {n} notes. Delete one first.}}",
    acts: "Registration",
    cancel: "Cancel registration…",
    to_list: "All people",
    open_page: "Open as a page",
    not_sent: "We couldn’t reach the server. What you typed is still here: try again.",
};

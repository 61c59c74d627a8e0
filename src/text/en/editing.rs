//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, one {Tell 1 person?} other {Tell {n} people?}}",
    notify_lead: "They registered for another time or place. If you tell them, each gets a message with what was and what is now.",
    notify_was: "before: {value}",
    notify_unknown: "not said",
    notify_yes: "{n, plural, one {Save and tell 1 person} other {Save and tell {n} people}}",
    notify_no: "Save without telling anyone",
    capacity_title: "{n, plural, one {Promote 1 person from the waitlist?} other {Promote {n} people from the waitlist?}}",
    capacity_yes: "{n, plural, one {Save and promote 1 person} other {Save and promote {n} people}}",
    capacity_now: "Seats taken: {taken}. Waiting: {waiting}. Seats that you add go to the waitlist first, and fewer than are taken is not possible.",
    conflict_title: "What the other organizer changed",
    conflict_lead: "These changes are saved already. Where you changed the same field, yours stays in the form until you decide.",
    conflict_taken: "now in this form",
    conflict_both: "you changed it as well",
    preview: "Preview the description",
    preview_title: "This is how the description will look",
    preview_empty: "There is no description yet.",
    close: "Close registration",
    close_title: "Close registration now?",
    close_words: "From now on nobody can register or join the waitlist. Everyone who is registered stays. You can reopen registration until the competition starts.",
    close_numbers: "Free seats: {free}. Waiting: {waiting}.",
    seats_reserved: "Set aside for codes: {seats}.",
    close_yes: "Yes, close it",
    close_no: "Keep it open",
    reopen: "Reopen registration",
    reopen_title: "Reopen registration",
    reopen_words: "Say until when people can register. It opens as soon as you save.",
    reopen_before: "Before, the deadline was",
    reopen_yes: "Reopen it",
    delete_registered: "{n, plural, one {1 person is registered. Cancel the competition first, so that this person is told; then you can delete it.} other {{n} people are registered. Cancel the competition first, so that they are told; then you can delete it.}}",
    delete_type: "To delete it, type its title: {title}",
    delete_other_title: "This is not the title of the competition.",
};

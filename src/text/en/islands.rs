//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "{capacity, plural, one {seat left, the only one} other {of {capacity} seats left}}",
    seats_taken: "{capacity, plural, one {The only seat isn’t open} other {None of {capacity} seats is open}}",
    every_seat_taken: "No open seat is left.",
    every_seat_taken_waiting: "{n, plural, one {No open seat is left; 1 person is waiting.} other {No open seat is left; {n} people are waiting.}}",
    seats_left: "{n, plural, one {1 seat left.} other {{n} seats left.}}",
    waiting: "{n} waiting",
    registering: "Registering…",
    retrying: "Connection is slow. Retrying…",
    gave_up: "We couldn’t reach the server. Nothing is lost: press the button again, or we’ll try when you’re back online.",
    theme_auto: "Theme: automatic",
    theme_light: "Theme: light",
    theme_dark: "Theme: dark",
    opens_in: "In {span}.",
    unread: "{n, plural, one {1 unread message} other {{n} unread messages}}",
    closes_in: "closes in {span}",
    span_days: "{days} days",
    span_days_short: "{days} d",
    span_days_hours: "{days} d {hours} h",
    span_hours_minutes: "{hours} h {minutes} min",
    span_minutes: "{minutes} min",
    span_minutes_seconds: "{minutes} min {seconds} s",
    closed: "registration closed",
    suggestions: "Suggestions",
    field_for_you: "In {zone}. For you: {own}.",
    for_you: "· {own} for you",
    your_time: "Your time zone: {zone}",
};

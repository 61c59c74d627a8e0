//! The pages that ask before a change is made in the control room.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    super::question::{Question, owned},
    SEATS_TO_ADD,
};
use crate::{
    model::forms::field_limits,
    ui::{page::page, page_request::PageRequest, text::text},
};

/// The page `/organize/{id}/add-seats`: asks before seats are added, with who gets them.
#[component]
pub fn AddSeats() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let competition = owned(&request).await?;
        let seats: u32 = request.query_as("seats").unwrap_or(SEATS_TO_ADD);
        let before = u64::from(competition.capacity);
        let most = u64::try_from(field_limits::CAPACITY).unwrap_or(before);
        let after = (before + u64::from(seats.max(1))).min(most.max(before));
        let seats = after - before;
        let t = &text().control_room;
        let mut words = t.add_words(before, after);
        let waiting = u64::from(competition.waitlisted);
        if waiting > 0 {
            let capacity = u32::try_from(after).unwrap_or(u32::MAX);
            let promoted = competition.promoted_with(capacity, request.now).into();
            words.push(' ');
            words += &t.add_promotes(promoted, waiting);
        }
        // The capacity and not the difference, so that two presses add no more than one.
        let fields = vec![
            ("capacity", after.to_string()),
            ("version", competition.version.to_string()),
        ];
        Ok(Question {
            title: t.add_title(seats),
            words,
            action: "/act/change-capacity-of-competition",
            fields,
            yes: t.add_yes,
            no: t.no,
            back: "live",
            is_final: false,
        }
        .ask_about(&competition))
    })
}

/// The page `/organize/{id}/waitlist`: asks before the waitlist is opened or closed.
#[component]
pub fn Waitlist() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let competition = owned(&request).await?;
        let t = &text().control_room;
        let (title, words, yes, enabled) = match competition.waitlist_enabled {
            true => (
                t.waitlist_close_title,
                t.waitlist_close_words(competition.waitlisted.into()),
                t.waitlist_close_yes,
                "",
            ),
            false => (
                t.waitlist_open_title,
                t.waitlist_open_words.to_owned(),
                t.waitlist_open_yes,
                "on",
            ),
        };
        Ok(Question {
            title: title.to_owned(),
            words,
            action: "/act/change-waitlist-of-competition",
            fields: vec![("waitlistEnabled", enabled.to_owned())],
            yes,
            no: t.no,
            back: "live",
            is_final: false,
        }
        .ask_about(&competition))
    })
}

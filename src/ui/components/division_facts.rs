//! What a division says about itself: its seats, for whom it is, and when it starts.

use leptos::prelude::*;

use super::{When, WhenStyle};
use crate::{
    model::DivisionView,
    text::grouped,
    ui::text::{language, text},
};

/// Shows the seats of a division, its age limits and its start, in one line.
#[component]
pub fn DivisionFacts(
    division: DivisionView,
    /// The time zone of the venue, by its IANA name.
    zone: String,
    /// Whether those who register are counted too.
    #[prop(optional)]
    with_counts: bool,
) -> impl IntoView {
    let t = &text().divisions;
    // The words with a placeholder, for the script that keeps them up to date (`public/divisions.js`).
    let seats = match (division.seats_left, division.capacity) {
        (Some(left), Some(capacity)) => {
            let left = grouped(language(), left.into());
            let words = |left: &str| t.seats_left(left, capacity.into());
            Some((words(&left), words("{left}")))
        }
        _ => with_counts.then(|| (t.no_limit.to_owned(), String::new())),
    };
    let counts = with_counts.then(|| {
        let waiting = division.waitlisted;
        let waiting = (waiting > 0).then(|| t.waiting(waiting.into()));
        std::iter::once(t.registered(division.taken.into())).chain(waiting)
    });
    let facts =
        seats
            .map(|(words, pattern)| {
                view! { <span data-division-seats=pattern>{words}</span> }.into_any()
            })
            .into_iter()
            .chain(counts.into_iter().flatten().map(IntoAny::into_any))
            .chain(t.age_limits(&division).map(IntoAny::into_any))
            .chain(division.starts_at.map(|time| {
                view! { <When time=time zone=zone style=WhenStyle::Recent/> }.into_any()
            }));
    let facts = facts
        .enumerate()
        .map(|(n, fact)| view! { {(n > 0).then_some(" · ")}{fact} });
    view! { <span class="division-facts muted">{facts.collect_view()}</span> }
}

//! The inputs of a list of competitions: its states and its orders, and how many it has.

use crate::{
    model::{
        Phase,
        forms::{CompetitionFilter, OPEN, Sort},
    },
    ui::{components::Choice, text::text},
};

/// Returns the states to choose from; only the list of an organizer has drafts.
pub(super) fn states(with_drafts: bool) -> Vec<Choice> {
    let (t, phases) = (&text().browse, &text().phases);
    let mut states = vec![("", t.any)];
    if with_drafts {
        states.push((Phase::Draft.as_str(), phases.draft));
    }
    states.extend([
        (OPEN, t.open),
        (Phase::OpensSoon.as_str(), phases.opens_soon),
        (Phase::FewLeft.as_str(), phases.few_left),
        (Phase::Waitlist.as_str(), phases.waitlist),
        (Phase::Full.as_str(), phases.full),
        (Phase::Paused.as_str(), phases.paused),
        (Phase::Closed.as_str(), phases.closed),
        (Phase::Running.as_str(), phases.running),
        (Phase::Ended.as_str(), phases.ended),
        (Phase::Cancelled.as_str(), phases.cancelled),
    ]);
    states
}

/// Returns the orders to choose from.
pub(super) fn sorts() -> Vec<Choice> {
    let t = &text().browse;
    vec![
        ("", t.sort_relevance),
        (Sort::StartsAt.as_str(), t.sort_starts),
        (Sort::RegDeadline.as_str(), t.sort_deadline),
        (Sort::SeatsLeft.as_str(), t.sort_seats),
        (Sort::Title.as_str(), t.sort_title),
        (Sort::Newest.as_str(), t.sort_newest),
    ]
}

/// Returns the value of the input for status and phase.
pub(super) fn state_of(filter: &CompetitionFilter) -> &'static str {
    match (filter.phase, filter.status) {
        (Some(phase), _) if phase != Phase::Open => phase.as_str(),
        (None, Some(status)) if !filter.open => status.as_str(),
        _ if filter.open => OPEN,
        _ => "",
    }
}

/// Returns the value of the input for the order, which is empty where the list has its own.
pub(super) fn sort_of(filter: &CompetitionFilter) -> &'static str {
    if filter.sort == filter.default_sort() {
        ""
    } else {
        filter.sort.as_str()
    }
}

/// Says how many competitions were found. Counting stops at [`CompetitionFilter::most_counted`].
pub(super) fn count(filter: &CompetitionFilter, total: u64) -> String {
    let t = &text().browse;
    let most = filter.most_counted();
    match filter.search {
        _ if total < most => t.count(total),
        Some(_) => t.count_of_search(total),
        None => t.count_most(most),
    }
}

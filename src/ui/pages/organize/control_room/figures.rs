//! The numbers of the control room: tiles, the newest registrations, and refusals by their reason.

use chrono::TimeDelta;
use leptos::prelude::*;

use crate::{
    model::{ControlRoomView, NewestRegistration, SeatsView, TallyView, time_zone},
    ui::{
        components::{seat_level, status_words},
        text::{island_text, number, text},
    },
};

/// After this time without a confirmation, something is wrong.
const LATE: TimeDelta = TimeDelta::seconds(30);
/// How the times of single seconds are written.
const SECONDS: &str = "%H:%M:%S";

/// Shows the six tiles.
pub(super) fn tiles(room: &ControlRoomView) -> AnyView {
    let t = &text().control_room;
    let competition = &room.competition;
    let seats = competition.seats();
    let zone = &competition.time_zone;
    let peak = room
        .peak
        .map(|(peak, at)| t.peak(peak, &time_zone::format(zone, at, SECONDS)));
    let waitlist = match competition.waitlist_enabled {
        true => t.waitlist_on,
        false => t.waitlist_off,
    };
    let (end_label, end) = match (room.sold_out_at, room.sold_out_in) {
        (Some(at), _) => (t.sold_out_at, time_zone::format(zone, at, precision(room))),
        (None, Some(seconds)) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            (t.sold_out_in, format!("~{}", span(seconds)))
        }
        (None, None) => (t.sold_out_in, "–".to_owned()),
    };
    let taken = room.taken();
    let confirmed = taken.saturating_sub(room.unconfirmed);
    let oldest = room.oldest_unconfirmed.map(|since| room.at - since);
    let is_late = oldest.is_some_and(|waits| waits > LATE);
    let oldest = oldest.map(|waits| format!(" · {}", t.oldest(&span(waits.num_seconds()))));
    let waiting_mail =
        (room.waiting_mail > 0).then(|| format!(" · {}", t.waiting_mail(room.waiting_mail)));
    // Red is for failures alone: a refusal is none.
    let tone = (room.failed > 0 || is_late).then_some("bad");
    view! {
        <dl class="tiles dense">
            <div>
                <dt>{t.taken}</dt>
                <dd>{number(taken)}" "<small>{t.of(seats.capacity.into())}</small></dd>
                <dd class="tile-note">{bar(seats)}</dd>
            </div>
            <div><dt>{t.waiting}</dt><dd>{number(seats.waitlisted.into())}</dd><dd class="tile-note">{waitlist}</dd></div>
            <div><dt>{t.per_second}</dt><dd>{number(room.per_second)}</dd><dd class="tile-note">{peak}</dd></div>
            <div><dt>{t.looking}</dt><dd>{number(room.looking)}</dd><dd class="tile-note">{t.looking_note}</dd></div>
            <div><dt>{end_label}</dt><dd>{end}</dd><dd class="tile-note">{t.left(seats.seats_left.into())}</dd></div>
            <div data-tone=tone>
                <dt>{t.letters}</dt>
                <dd>{number(confirmed)}" "<small>{t.of(taken)}</small></dd>
                <dd class="tile-note">{t.failed(room.failed)}{waiting_mail}{oldest}</dd>
            </div>
        </dl>
    }
    .into_any()
}

/// Returns how the time is written at which the last seat was taken: to the second, if that is known.
pub(super) const fn precision(room: &ControlRoomView) -> &'static str {
    match room.is_sold_out_at_exact {
        true => SECONDS,
        false => "%H:%M",
    }
}

/// Says how long something takes, in seconds alone if that is less than a minute.
fn span(seconds: i64) -> String {
    match u64::try_from(seconds.max(0)) {
        Ok(seconds @ 0..60) => text().control_room.seconds(seconds),
        _ => island_text().span(seconds),
    }
}

/// Shows how many seats are taken as a bar. The words beside it say the same.
fn bar(seats: SeatsView) -> AnyView {
    let percent = seats.percent_taken().to_string();
    view! {
        <span class="seats" data-level=seat_level(seats)>
            <svg class="seats-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect class="seats-fill" height="1" width=percent></rect>
            </svg>
        </span>
    }
    .into_any()
}

/// Shows the newest registrations.
pub(super) fn newest(newest: &[NewestRegistration], zone: &str) -> AnyView {
    if newest.is_empty() {
        return view! { <p class="muted">{text().control_room.nobody}</p> }.into_any();
    }
    let rows = newest.iter().map(|registration| {
        let (tone, words) = status_words(registration.status);
        let when = time_zone::format(zone, registration.registered_at, SECONDS);
        view! {
            <li>
                <time datetime=registration.registered_at.to_rfc3339()>{when}</time>
                <bdi>{registration.name.clone()}</bdi>
                <span data-tone=tone>{words}</span>
            </li>
        }
    });
    view! { <ol class="room-newest">{rows.collect_view()}</ol> }.into_any()
}

/// What a refusal means to the organizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Full,
    Twice,
    Early,
    Paused,
    Fast,
    Other,
    /// The only ones that are faults.
    Errors,
}

impl Refusal {
    const ALL: [Self; 7] = [
        Self::Full,
        Self::Twice,
        Self::Early,
        Self::Paused,
        Self::Fast,
        Self::Other,
        Self::Errors,
    ];

    /// Returns what the code of an error means.
    fn of(code: &str) -> Self {
        match code {
            "competition-full" | "division-full" => Self::Full,
            "already-registered" | "request-in-progress" | "idempotency-key-reused" => Self::Twice,
            "not-open-yet" => Self::Early,
            "registration-paused" => Self::Paused,
            "too-many-requests" => Self::Fast,
            "overloaded" | "unavailable" => Self::Errors,
            _ => Self::Other,
        }
    }

    fn label(self) -> &'static str {
        let t = &text().control_room;
        match self {
            Self::Full => t.refused_full,
            Self::Twice => t.refused_twice,
            Self::Early => t.refused_early,
            Self::Paused => t.refused_paused,
            Self::Fast => t.refused_fast,
            Self::Other => t.refused_other,
            Self::Errors => t.refused_errors,
        }
    }

    /// Returns whether it is shown when there is none.
    const fn is_always_shown(self) -> bool {
        matches!(self, Self::Full | Self::Twice | Self::Errors)
    }
}

/// Shows how many registrations were refused, by what that means to the organizer.
pub(super) fn refusals(refusals: &[TallyView]) -> AnyView {
    let sums = Refusal::ALL.map(|kind| {
        let of_kind = refusals
            .iter()
            .filter(|refusal| Refusal::of(&refusal.name) == kind);
        (kind, of_kind.map(|refusal| refusal.count).sum::<u64>())
    });
    let shown = sums
        .into_iter()
        .filter(|(kind, sum)| *sum > 0 || kind.is_always_shown());
    let rows = shown.map(|(kind, sum)| {
        let tone = (kind == Refusal::Errors && sum > 0).then_some("bad");
        view! { <div data-tone=tone><dt>{kind.label()}</dt><dd>{number(sum)}</dd></div> }
    });
    view! { <dl class="room-refusals">{rows.collect_view()}</dl> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DomainError;

    #[test]
    fn only_what_the_application_could_not_do_is_an_error() {
        for (error, expected) in [
            (DomainError::CompetitionFull, Refusal::Full),
            (DomainError::DivisionFull, Refusal::Full),
            (DomainError::AlreadyRegistered, Refusal::Twice),
            (DomainError::RequestInProgress, Refusal::Twice),
            (
                DomainError::RegistrationPaused { retry_after: 1 },
                Refusal::Paused,
            ),
            (
                DomainError::TooManyRequests { retry_after: 1 },
                Refusal::Fast,
            ),
            (DomainError::RegistrationClosed, Refusal::Other),
            (DomainError::EmailNotVerified, Refusal::Other),
            (DomainError::Overloaded { retry_after: 1 }, Refusal::Errors),
        ] {
            assert_eq!(Refusal::of(error.code()), expected);
        }
        assert_eq!(Refusal::of("unavailable"), Refusal::Errors);
    }
}

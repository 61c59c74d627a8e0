//! The card of a competition in a list.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{Countdown, PhaseBadge, SeatBar, When, WhenStyle};
use crate::{
    model::{CompetitionView, Phase},
    ui::{paths, text::text},
};

/// Shows the date, title, organizer, place and seats of a competition.
#[component]
pub fn CompetitionCard(
    competition: CompetitionView,
    /// The time of the request, which decides the phase.
    now: DateTime<Utc>,
) -> impl IntoView {
    let t = &text().competition;
    let phase = competition.phase(now);
    let seats = competition.seats();
    let takes_people = matches!(
        phase,
        Phase::Open | Phase::FewLeft | Phase::Waitlist | Phase::Full
    );
    let tags = competition
        .tags
        .iter()
        .take(3)
        .map(|tag| view! { <li>{tag.clone()}</li> })
        .collect_view();
    let opening = competition.opens_at.filter(|_| phase == Phase::OpensSoon);
    let opening = opening.map(|opens_at| {
        let zone = competition.time_zone.clone();
        view! { <p class="card-deadline">{t.opening}" "<When time=opens_at zone=zone/></p> }
            .into_any()
    });
    let foot = takes_people.then(|| {
        view! {
            <SeatBar seats=seats/>
            <p class="card-deadline"><Countdown deadline=competition.reg_deadline now=now/></p>
        }
        .into_any()
    });
    view! {
        <article class="card" data-phase=format!("{phase:?}")>
            <p class="date-block">
                <span class="date-month"><When time=competition.starts_at style=WhenStyle::Month/></span>
                <span class="date-day"><When time=competition.starts_at style=WhenStyle::Day/></span>
            </p>
            <div class="card-head">
                <PhaseBadge phase=phase/>
                <h3 class="card-title">
                    <a href=paths::competition(competition.id)>{competition.title.clone()}</a>
                </h3>
                <p class="card-meta">{(t.by)(&competition.organizer_name)}</p>
            </div>
            <p class="card-location">
                <When time=competition.starts_at zone=competition.time_zone.clone()/>
                {(!competition.location.is_empty()).then(|| view! { <br/>{competition.location.clone()} })}
            </p>
            <ul class="tags">{tags}</ul>
            <div class="card-foot">{opening}{foot}</div>
        </article>
    }
    .into_any()
}

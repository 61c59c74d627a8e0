//! The card of a competition in a list.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{CoverImage, CoverPicture, SeatsChip, When, WhenStyle};
use crate::{
    model::{CompetitionView, Phase},
    ui::{paths, text::text},
};

/// Shows the cover, the title, the date, the place and the state of a competition. The title comes first in
/// the document; style sheets put it below the cover and the date.
#[component]
pub fn CompetitionCard(
    competition: CompetitionView,
    /// The time of the request, which decides the phase.
    now: DateTime<Utc>,
    /// Whether the state is left out, where seats are not kept up to date.
    #[prop(optional)]
    without_state: bool,
    /// Whether the card is among the first of a page, so that its cover is loaded at once.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let place = match competition.location.as_str() {
        "" => text().competition.online.to_owned(),
        place => place.to_owned(),
    };
    let (phase, seats) = (competition.phase(now), competition.seats());
    let zone = || competition.time_zone.clone();
    let opening = competition.opens_at.filter(|_| phase == Phase::OpensSoon);
    let chip = match opening {
        Some(opens_at) => view! {
            <span class="chip-state" data-tone="accent">
                {text().chips.opens}" "<When time=opens_at zone=zone() style=WhenStyle::Recent venue_only=true/>
            </span>
        }
        .into_any(),
        None => view! { <SeatsChip phase=phase seats=seats/> }.into_any(),
    };
    view! {
        <article class="card" data-phase=format!("{phase:?}")
            data-palette=competition.cover().palette.number.to_string()>
            <h3 class="card-title">
                <a href=paths::competition(competition.id)><bdi>{competition.title.clone()}</bdi></a>
            </h3>
            <CoverPicture cover=CoverImage::of(&competition) class="card-cover" lazy=!first/>
            <p class="card-when"><When time=competition.starts_at zone=zone() venue_only=true/></p>
            <p class="card-place"><bdi>{place}</bdi></p>
            {(!without_state).then(|| view! { <p class="card-foot">{chip}</p> })}
        </article>
    }
    .into_any()
}

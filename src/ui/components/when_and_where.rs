//! The facts about a competition that everyone asks for first.

use leptos::prelude::*;

use super::{Glyph, Icon, When};
use crate::{
    model::CompetitionView,
    ui::{paths, text::text},
};

/// Shows when and where a competition takes place, as the first entries of a list of facts. The link leads to a map
/// that people follow on purpose: nothing is loaded from there.
#[component]
pub fn WhenAndWhere<'a>(
    competition: &'a CompetitionView,
    /// The classes of the link to a map.
    map_class: &'static str,
) -> impl IntoView + use<> {
    let (one, t) = (competition, &text().competition);
    let zone = || one.time_zone.clone();
    let until = one.ends_at.map(|end| {
        view! { <br/><span class="muted">{t.until}" "<When time=end zone=zone()/></span> }
    });
    let location = match one.location.as_str() {
        "" => t.online.to_owned(),
        location => location.to_owned(),
    };
    let map = paths::map(&one.location).map(|href| {
        view! { <br/><a class=map_class href=href rel="noreferrer">{t.map}</a> }
    });
    view! {
        <div>
            <dt><Icon glyph=Glyph::Calendar/>{t.when}</dt>
            <dd><When time=one.starts_at zone=zone()/>{until}</dd>
        </div>
        <div>
            <dt><Icon glyph=Glyph::Pin/>{t.place}</dt>
            <dd>{location}{map}</dd>
        </div>
    }
    .into_any()
}

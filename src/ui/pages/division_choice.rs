//! The divisions of a competition on its page: what there is to choose, and the choice itself for those who can
//! register.
//!
//! The inputs belong to the register form, which is elsewhere in the panel, by their attribute `form`. So they need no
//! script, and a script that submits the form sends them too.

use leptos::prelude::*;

use crate::{
    model::{CompetitionView, DivisionView, Phase},
    ui::{
        components::DivisionFacts,
        flash::FormInput,
        islands::{REGISTER_FORM, Visitor},
        paths,
        text::text,
    },
};

/// Shows the divisions of a competition, if it has any, to a visitor without a registration. A division that is full is
/// offered only where there is a waitlist.
pub(super) fn division_choice(
    competition: &CompetitionView,
    visitor: &Visitor,
    form_input: &FormInput,
    phase: Phase,
) -> Option<AnyView> {
    let t = &text().divisions;
    if competition.divisions.is_empty() || matches!(visitor, Visitor::Registered(_)) {
        return None;
    }
    if !may_register(visitor, phase) {
        let items = competition.divisions.iter().map(|division| {
            let zone = competition.time_zone.clone();
            view! { <li><bdi>{division.name.clone()}</bdi>" "<DivisionFacts division=division.clone() zone=zone/></li> }
        });
        let items = items.collect_view();
        let list = view! {
            <section class="divisions" aria-label=t.title><h3>{t.title}</h3><ul class="division-lines">{items}</ul></section>
        };
        return Some(list.into_any());
    }
    let chosen = form_input.value("divisionId");
    let error = form_input.error("divisionId");
    let described = error.is_some().then_some("divisionId-error");
    let choices = competition.divisions.iter();
    let choices = choices.map(|division| choice(competition, division, &chosen));
    let choices = choices.collect_view();
    let choice = view! {
        <fieldset class="divisions" id="divisionId" aria-describedby=described data-divisions=competition.id.to_string()
            data-full=match competition.waitlist_enabled { true => t.full_with_waitlist, false => t.full }
            data-open=(competition.waitlist_enabled || competition.takes_codes).then_some("")>
            <legend>{t.division}</legend>
            {error.map(|words| view! { <p class="field-error" id="divisionId-error">{words}</p> })}
            {choices}
        </fieldset>
        <script type="module" src=paths::DIVISIONS_SCRIPT></script>
    };
    Some(choice.into_any())
}

/// Returns whether a visitor can register, now or later.
pub(super) fn may_register(visitor: &Visitor, phase: Phase) -> bool {
    !matches!(visitor, Visitor::Organizer | Visitor::Registered(_)) && phase.is_before_deadline()
}

fn choice(competition: &CompetitionView, division: &DivisionView, chosen: &str) -> AnyView {
    let t = &text().divisions;
    let id = division.id.to_string();
    // A seat may be set aside for those who have a code.
    let takes_codes = competition.takes_codes;
    let is_closed = division.is_full() && !competition.waitlist_enabled && !takes_codes;
    let full = division
        .is_full()
        .then_some(match competition.waitlist_enabled {
            true => t.full_with_waitlist,
            false => t.full,
        });
    let checked = id == chosen && !is_closed;
    let zone = competition.time_zone.clone();
    view! {
        <label class="division" data-division=id.clone()>
            <input type="radio" form=REGISTER_FORM name="divisionId" value=id.clone() required=!takes_codes checked=checked disabled=is_closed/>
            <span>
                <bdi>{division.name.clone()}</bdi>
                " "<DivisionFacts division=division.clone() zone=zone/>
                " "<span class="division-full" data-division-full="">{full}</span>
            </span>
        </label>
    }
    .into_any()
}

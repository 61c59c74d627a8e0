//! The page on which an organizer divides a competition.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView, DivisionId, DivisionView, Permission,
        forms::{DIVISIONS_MAX, DivisionForm, DivisionInput},
    },
    ui::{
        actions::{DIVISION_FIELD, DIVISION_FORM},
        components::{DivisionFacts, EmptyState, ErrorSummary, Field, Glyph, PageHeader},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/divisions`: lists, adds, changes and removes divisions.
#[component]
pub fn Divisions() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (_, competition, _) = request.permitted(Permission::Edit).await?;
    let t = &text().divisions;
    let edited: Option<DivisionId> = request.query_as("edit");
    let mut divisions = competition.divisions.iter();
    let edited = divisions.find(|division| Some(division.id) == edited);
    let typed = request.form_input(DIVISION_FORM);
    // Without divisions, those who are registered are in none, so that there can't be any.
    let is_too_late = competition.divisions.is_empty() && competition.registered() > 0;
    let listed = match (competition.divisions.is_empty(), is_too_late) {
        (true, true) => view! { <p class="muted">{t.too_late}</p> }.into_any(),
        (true, false) => {
            view! { <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none/> }.into_any()
        }
        (false, _) => {
            let items = competition.divisions.iter();
            let items = items
                .map(|division| item(&competition, division))
                .collect_view();
            view! { <ul class="division-list" data-testid="divisions">{items}</ul> }.into_any()
        }
    };
    let may_add = !is_too_late && competition.divisions.len() < DIVISIONS_MAX;
    let form = match edited {
        Some(division) => Some(change_form(&competition, division, &typed)),
        None => may_add.then(|| add_form(&competition, &typed)),
    };
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {listed}
        {form}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

fn item(competition: &CompetitionView, division: &DivisionView) -> AnyView {
    let t = &text().divisions;
    let page = paths::organize(competition.id, "divisions");
    let id = division.id.to_string();
    let edit = paths::with_query(&page, &[("edit", &id)]);
    let is_empty = division.taken == 0 && division.waitlisted == 0;
    let name = division.name.clone();
    let remove = is_empty.then(|| {
        view! {
            <form method="post" action="/act/remove-division">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=DIVISION_FIELD value=id/>
                <button type="submit" class="button quiet" aria-label=t.remove_of(&name)>{t.remove}</button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <h2><bdi>{name.clone()}</bdi></h2>
                <DivisionFacts division=division.clone() zone=competition.time_zone.clone() with_counts=true/>
            </div>
            <div class="buttons">
                <a class="button" href=edit aria-label=t.change_of(&name)>{t.change}</a>
                {remove}
            </div>
        </li>
    }
    .into_any()
}

fn add_form(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().divisions;
    let id = competition.id.to_string();
    view! {
        <section class="section narrow" aria-labelledby="new-division">
            <h2 id="new-division">{t.add}</h2>
            <form class="form" method="post" action="/act/add-division" data-testid="division-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=id/>
                {fields(typed)}
                <p class="buttons"><button type="submit" class="button primary">{t.add}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn change_form(
    competition: &CompetitionView,
    division: &DivisionView,
    typed: &Arc<FormInput>,
) -> AnyView {
    let t = &text().divisions;
    let id = division.id.to_string();
    let is_typed = typed.value(DIVISION_FIELD) == id;
    let unsaved = match is_typed {
        true => typed.unsaved(),
        false => "",
    };
    let form_input = match is_typed {
        true => Arc::clone(typed),
        false => {
            let input = DivisionInput::from(division);
            let form = DivisionForm::of(&input, &competition.time_zone);
            Arc::new(FormInput::of(DIVISION_FORM, &form))
        }
    };
    view! {
        <section class="section narrow" aria-labelledby="change-division">
            <h2 id="change-division"><bdi>{division.name.clone()}</bdi></h2>
            <form class="form" method="post" action="/act/change-division" data-testid="division-form" data-unsaved=unsaved>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=DIVISION_FIELD value=id/>
                {fields(&form_input)}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.save}</button>
                    <a class="button quiet" href=paths::organize(competition.id, "divisions") data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn fields(form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().divisions;
    let form_input = || Arc::clone(form_input);
    view! {
        <ErrorSummary form_input=form_input()/>
        <Field form_input=form_input() name="name" label=t.name max_length="80"/>
        <Field form_input=form_input() name="capacity" kind="number" label=t.capacity hint=t.capacity_hint optional=true min="1"/>
        <div class="columns">
            <Field form_input=form_input() name="ageMin" kind="number" label=t.age_min optional=true min="1"/>
            <Field form_input=form_input() name="ageMax" kind="number" label=t.age_max optional=true min="1"/>
        </div>
        <div class="columns">
            <Field form_input=form_input() name="numberFrom" kind="number" label=text().start_numbers.division_from optional=true min="1"/>
            <Field form_input=form_input() name="numberTo" kind="number" label=text().start_numbers.division_to optional=true min="1"/>
        </div>
        <Field form_input=form_input() name="startsAt" kind="datetime-local" label=t.starts_at hint=t.starts_at_hint optional=true/>
    }
    .into_any()
}

//! The saved views above the list of participants: a link to each, and the forms that save, rename and delete one.

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionId, SavedView,
        forms::{RegistrationFilter, VIEW_NAME},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// Shows the saved views of a competition. `filter` is what the list shows now.
pub(super) fn saved_views(
    competition: CompetitionId,
    filter: &RegistrationFilter,
    views: Vec<SavedView>,
    may_change: bool,
    form_input: &FormInput,
) -> AnyView {
    let shown = RegistrationFilter {
        after: None,
        ..filter.clone()
    };
    let current = views.iter().find(|view| view.filter() == shown).cloned();
    let form = match &current {
        _ if !may_change => None,
        Some(view) => Some(change_form(view, form_input)),
        None if shown == RegistrationFilter::default() => None,
        None => Some(save_form(competition, &shown, form_input)),
    };
    let chips = (!views.is_empty()).then(|| {
        let t = &text().saved_views;
        let everyone = RegistrationFilter::default();
        let all = chip(competition, t.everyone, &everyone, &shown);
        let views = views
            .iter()
            .map(|view| chip(competition, &view.name, &view.filter(), &shown));
        view! {
            <nav aria-label=t.title>
                <ul class="chips" role="list">{all}{views.collect_view()}</ul>
            </nav>
        }
    });
    // The list that is filtered while typing replaces what is in here, too.
    view! { <div id="saved-views" class="saved-views" data-testid="saved-views">{chips}{form}</div> }
        .into_any()
}

fn chip(
    competition: CompetitionId,
    name: &str,
    filter: &RegistrationFilter,
    shown: &RegistrationFilter,
) -> AnyView {
    let is_shown = filter == shown;
    let class = if is_shown { "chip on" } else { "chip" };
    let href = paths::people(competition, filter);
    let name = name.to_owned();
    view! {
        <li><a class=class href=href aria-current=is_shown.then_some("true")><bdi>{name}</bdi></a></li>
    }
    .into_any()
}

/// Shows the form that saves what the list shows.
fn save_form(
    competition: CompetitionId,
    shown: &RegistrationFilter,
    form_input: &FormInput,
) -> AnyView {
    let t = &text().saved_views;
    view! {
        <details open=!form_input.errors.is_empty()>
            <summary>{t.save_title}</summary>
            <form method="post" class="form" action="/act/save-view-of-competition" data-testid="save-view">
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                {hidden_filter(shown)}
                {name_field(form_input.value("name"), form_input)}
                <button type="submit" class="button">{t.save}</button>
            </form>
        </details>
    }
    .into_any()
}

/// Shows the forms that rename and delete the view that the list shows.
fn change_form(view: &SavedView, form_input: &FormInput) -> AnyView {
    let t = &text().saved_views;
    let name = match form_input.values.get("name") {
        Some(typed) => typed.clone(),
        None => view.name.clone(),
    };
    let hidden = || {
        view! {
            <input type="hidden" name="competitionId" value=view.competition_id.to_string()/>
            <input type="hidden" name="viewId" value=view.id.to_string()/>
            {hidden_filter(&view.filter())}
        }
    };
    view! {
        <details open=!form_input.errors.is_empty()>
            <summary>{t.change_title(&view.name)}</summary>
            <form method="post" class="form" action="/act/rename-view-of-competition" data-testid="rename-view">
                {hidden()}
                {name_field(name, form_input)}
                <button type="submit" class="button">{t.rename}</button>
            </form>
            <form method="post" action="/act/delete-view-of-competition" data-testid="delete-view">
                {hidden()}
                <button type="submit" class="button quiet">{t.delete}</button>
            </form>
        </details>
    }
    .into_any()
}

/// Keeps what the list shows, to which the form leads back.
fn hidden_filter(shown: &RegistrationFilter) -> AnyView {
    let fields = shown.query().into_iter().map(|(name, value)| {
        view! { <input type="hidden" name=name value=value/> }
    });
    fields.collect_view().into_any()
}

/// Asks for the name of a view. The page has another field of this name, so this one has an id of its own.
fn name_field(value: String, form_input: &FormInput) -> AnyView {
    let error = form_input.error("name").or(form_input.error("search"));
    let is_invalid = error.is_some();
    let described = is_invalid.then_some("view-name-error");
    view! {
        <div class="field" data-invalid=is_invalid.then_some("")>
            <label for="view-name">{text().saved_views.name}</label>
            <input id="view-name" name="name" type="text" value=value required=true maxlength=VIEW_NAME.to_string()
                autocomplete="off" aria-describedby=described aria-invalid=is_invalid.then_some("true")/>
            {error.map(|words| view! { <p class="field-error" id="view-name-error" role="alert">{words}</p> })}
        </div>
    }
    .into_any()
}

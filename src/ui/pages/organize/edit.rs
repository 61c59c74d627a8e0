//! The form for a competition, new or not.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionStatus, CompetitionView,
        forms::{CompetitionForm, CompetitionInput, field_limits},
    },
    ui::{
        actions::COMPETITION_FORM,
        address,
        components::{Checkbox, ErrorSummary, Field, PageHeader, Select, TextArea},
        flash::Typed,
        page::{Page, Visit, page},
        text::text,
    },
};

/// `/organize/new`
#[component]
pub fn NewCompetition() -> impl IntoView {
    page(async |visit: Arc<Visit>| {
        visit.require_organizer().await?;
        let t = &text().organize;
        let body = view! {
            <p class="crumb"><a href=address::ORGANIZE>{t.to_overview}</a></p>
            <PageHeader title=t.new_title/>
            {form(&visit.typed(COMPETITION_FORM), None)}
        };
        Ok(Page::new(t.new_title, body))
    })
}

/// `/organize/{id}/edit`
#[component]
pub fn EditCompetition() -> impl IntoView {
    page(async |visit: Arc<Visit>| {
        let actor = visit.require_organizer().await?;
        let competitions = &visit.services.competitions;
        let one = competitions.get_owned(actor, visit.id()?).await?;
        let t = &text().organize;
        let typed = match visit.typed(COMPETITION_FORM) {
            typed if typed.values.is_empty() => {
                let stored = CompetitionForm::from(&CompetitionInput::from(&one));
                Arc::new(Typed::of(COMPETITION_FORM, &stored))
            }
            typed => typed,
        };
        let body = view! {
            <p class="crumb"><a href=address::organize(one.id, "")>{one.title.clone()}</a></p>
            <PageHeader title=t.edit_title/>
            {form(&typed, Some(&one))}
        };
        Ok(Page::new(t.edit_title, body))
    })
}

fn form(typed: &Arc<Typed>, one: Option<&CompetitionView>) -> AnyView {
    let t = &text().organize;
    let (action, button, back) = match one {
        Some(one) => (
            "/act/edit-competition",
            t.save,
            address::organize(one.id, ""),
        ),
        None => (
            "/act/create-competition",
            t.create,
            address::ORGANIZE.to_owned(),
        ),
    };
    let hidden = one.map(|one| {
        // What was typed is based on what was on the screen then.
        let version = match typed.value("version") {
            version if version.is_empty() => one.version.to_string(),
            version => version,
        };
        view! {
            <input type="hidden" name="competitionId" value=one.id.to_string()/>
            <input type="hidden" name="version" value=version/>
        }
    });
    let mut states = vec![
        (CompetitionStatus::Draft.as_str(), t.status_draft),
        (CompetitionStatus::Published.as_str(), t.status_published),
    ];
    // Calling off has its own page, which asks; a form that is edited afterwards must not undo it.
    if one.is_some_and(|one| one.status == CompetitionStatus::Cancelled) {
        states.push((CompetitionStatus::Cancelled.as_str(), t.status_cancelled));
    }
    let waitlist = match one {
        None if typed.values.is_empty() => true,
        _ => !typed.value("waitlistEnabled").is_empty(),
    };
    let status = match typed.value("status") {
        empty if empty.is_empty() => CompetitionStatus::Draft.to_string(),
        status => status,
    };
    let typed = || Arc::clone(typed);
    view! {
        <form class="form wide-form" method="post" action=action data-testid="competition-form">
            <ErrorSummary typed=typed()/>
            {hidden}
            <fieldset>
                <legend>{t.section_what}</legend>
                <Field typed=typed() name="title" label=t.field_title min_length="3" max_length="120"/>
                <TextArea typed=typed() name="description" label=t.field_description hint=t.field_description_hint max_length=field_limits::DESCRIPTION/>
                <Field typed=typed() name="location" label=t.field_location optional=true max_length="200"/>
                <Field typed=typed() name="tags" label=t.field_tags hint=t.field_tags_hint optional=true/>
            </fieldset>
            <fieldset>
                <legend>{t.section_when}</legend>
                <div class="columns">
                    <Field typed=typed() name="startsAt" kind="datetime-local" label=t.field_starts hint=t.utc_hint/>
                    <Field typed=typed() name="endsAt" kind="datetime-local" label=t.field_ends hint=t.utc_hint optional=true/>
                    <Field typed=typed() name="regDeadline" kind="datetime-local" label=t.field_deadline hint=t.utc_hint/>
                </div>
            </fieldset>
            <fieldset>
                <legend>{t.section_seats}</legend>
                <div class="columns">
                    <Field typed=typed() name="capacity" kind="number" label=t.field_capacity hint=t.field_capacity_hint min="1"/>
                    <Select name="status" label=t.field_status value=status choices=states/>
                </div>
                <Checkbox name="waitlistEnabled" label=t.field_waitlist hint=t.field_waitlist_hint checked=waitlist/>
            </fieldset>
            <p class="buttons">
                <button type="submit" class="button primary">{button}</button>
                <a class="button quiet" href=back>{t.abort}</a>
            </p>
        </form>
    }
    .into_any()
}

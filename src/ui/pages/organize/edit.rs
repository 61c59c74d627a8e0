//! The form for a new or an existing competition.

mod asked;

use std::sync::Arc;

use leptos::prelude::*;

use self::asked::asked;
use crate::{
    model::{
        CompetitionStatus, CompetitionView, Permission,
        forms::{CompetitionForm, CompetitionInput, field_limits},
        time_zone::{self, DEFAULT_TIME_ZONE},
    },
    ui::{
        actions::{COMPETITION_FORM, PRESET, PREVIEW, Preset, SHOWN, field_label, shown},
        components::{Checkbox, Choice, ErrorSummary, Field, PageHeader, Select, TextArea},
        flash::FormInput,
        markdown,
        page::{PageContent, page},
        page_request::PageRequest,
        paths,
        text::text,
    },
};

/// The page `/organize/new`: creates a competition, from a preset or from scratch.
#[component]
pub fn NewCompetition() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        request.require_organizer().await?;
        let t = &text().organize;
        let typed = request.form_input(COMPETITION_FORM);
        let chosen: Option<Preset> = match typed.values.is_empty() {
            true => request.query_as(PRESET),
            false => typed.value(PRESET).parse().ok(),
        };
        let form_input = match chosen {
            Some(preset) if typed.values.is_empty() => {
                let filled_in = preset.form(request.now.date_naive());
                let filled_in = FormInput::of(COMPETITION_FORM, &filled_in);
                Arc::new(filled_in.with(PRESET, preset.as_str()))
            }
            _ => Arc::clone(&typed),
        };
        let body = view! {
            <p class="crumb"><a href=paths::ORGANIZE>{t.to_overview}</a></p>
            <PageHeader title=t.new_title/>
            {presets(chosen)}
            {form(&form_input, typed.unsaved(), None, preview_of(&typed).await)}
        };
        Ok(PageContent::new(t.new_title, body))
    })
}

/// The page `/organize/{id}/edit`: changes a competition.
#[component]
pub fn EditCompetition() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let (_, competition, _) = request.permitted(Permission::Edit).await?;
        let t = &text().organize;
        let typed = request.form_input(COMPETITION_FORM);
        let unsaved = typed.unsaved();
        let form_input = match typed {
            form_input if form_input.values.is_empty() => {
                let stored = CompetitionForm::from(&CompetitionInput::from(&competition));
                Arc::new(FormInput::of(COMPETITION_FORM, &stored))
            }
            form_input => form_input,
        };
        let body = view! {
            <p class="crumb"><a href=paths::organize(competition.id, "")>{competition.title.clone()}</a></p>
            <PageHeader title=t.edit_title/>
            {form(&form_input, unsaved, Some(&competition), preview_of(&form_input).await)}
        };
        Ok(PageContent::new(t.edit_title, body))
    })
}

/// Offers the presets, and says what the chosen one brings.
fn presets(chosen: Option<Preset>) -> AnyView {
    let t = &text().presets;
    let page =
        |preset: Preset| paths::with_query(paths::ORGANIZE_NEW, &[(PRESET, preset.as_str())]);
    let choices = Preset::ALL.map(|preset| {
        let current = (chosen == Some(preset)).then_some("true");
        view! { <li><a class="button" href=page(preset) aria-current=current>{preset.name()}</a></li> }
    });
    let brought = chosen.map(|preset| {
        let divisions = preset.divisions();
        // Where ages are limited, the date of birth is asked without a question of the organizer.
        let asks_birth = divisions
            .iter()
            .any(|division| division.age_min.is_some() || division.age_max.is_some());
        let birth = asks_birth.then(|| text().questions.preset_birth.to_owned());
        let divisions = divisions.into_iter().map(|division| division.name);
        let questions = preset.questions().into_iter();
        let questions = questions.map(|question| question.label).chain(birth);
        let list = |heading: &'static str, names: Vec<String>| {
            (!names.is_empty())
                .then(|| view! { <div><dt>{heading}</dt><dd>{names.join(" · ")}</dd></div> })
        };
        view! {
            <div data-testid="preset">
                <h3>{t.comes_with}</h3>
                <dl class="facts">
                    {list(text().divisions.title, divisions.collect())}
                    {list(text().questions.title, questions.collect())}
                </dl>
                <p><a href=paths::ORGANIZE_NEW>{t.scratch}</a></p>
            </div>
        }
    });
    view! {
        <section class="panel" aria-labelledby="presets">
            <h2 id="presets">{t.title}</h2>
            <p class="muted">{t.lead}</p>
            <ul class="preset-list">{choices.collect_view()}</ul>
            {brought}
        </section>
    }
    .into_any()
}

/// Renders the description that was typed, if its preview was asked for.
async fn preview_of(form_input: &FormInput) -> Option<AnyView> {
    if form_input.value(PREVIEW).is_empty() {
        return None;
    }
    let t = &text().editing;
    let description = form_input.value("description");
    let rendered = markdown::rendered(&description).await;
    let content = if description.trim().is_empty() {
        view! { <p class="muted">{t.preview_empty}</p> }.into_any()
    } else {
        view! { <div class="prose" dir="auto" inner_html=rendered.html.clone()></div> }.into_any()
    };
    Some(
        view! {
            <section class="panel" id="preview" aria-labelledby="preview-title">
                <h2 id="preview-title">{t.preview_title}</h2>
                {content}
            </section>
        }
        .into_any(),
    )
}

/// Says how many seats are set aside, which are neither free nor taken, after another sentence; `None` if none is.
pub(super) fn seats_reserved(competition: &CompetitionView) -> Option<String> {
    let seats = u64::from(competition.seats_reserved);
    (seats > 0).then(|| format!(" {}", text().editing.seats_reserved(seats)))
}

/// Renders the form. `unsaved` says whether the browser asks before it is left ([`FormInput::unsaved`]).
fn form(
    form_input: &Arc<FormInput>,
    unsaved: &'static str,
    competition: Option<&CompetitionView>,
    preview: Option<AnyView>,
) -> AnyView {
    let t = &text().organize;
    let asked = competition.map(|competition| asked(form_input, competition));
    let seats_now = competition.filter(|competition| competition.registered() > 0);
    let seats_now = seats_now.map(|competition| {
        let words = text().editing.capacity_now(
            competition.taken().into(),
            competition.waitlisted.into(),
        );
        view! { <p class="field-hint" data-testid="seats-now">{words}{seats_reserved(competition)}</p> }
    });
    let (action, button, back) = match competition {
        Some(competition) => (
            "/act/edit-competition",
            t.save,
            paths::organize(competition.id, ""),
        ),
        None => (
            "/act/create-competition",
            t.create,
            paths::ORGANIZE.to_owned(),
        ),
    };
    let preset = competition.is_none().then(|| form_input.value(PRESET));
    let preset = preset.filter(|preset| !preset.is_empty());
    let preset = preset.map(|preset| view! { <input type="hidden" name=PRESET value=preset/> });
    let hidden = competition.map(|competition| {
        // The input is based on what the form showed when it was submitted.
        let version = match form_input.value("version") {
            version if version.is_empty() => competition.version.to_string(),
            version => version,
        };
        let before = match form_input.value(SHOWN) {
            before if before.is_empty() => {
                shown(&CompetitionForm::from(&CompetitionInput::from(competition)))
            }
            before => before,
        };
        view! {
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <input type="hidden" name="version" value=version/>
            <input type="hidden" name=SHOWN value=before/>
        }
    });
    let picture = competition.map(|competition| {
        let page = paths::organize(competition.id, "picture");
        view! { <p><a href=page>{text().picture.change}</a></p> }
    });
    let mut states = vec![
        (CompetitionStatus::Draft.as_str(), t.status_draft),
        (CompetitionStatus::Published.as_str(), t.status_published),
    ];
    // A competition is cancelled on a page of its own; saving this form afterwards must not undo that.
    if competition.is_some_and(|competition| competition.status == CompetitionStatus::Cancelled) {
        states.push((CompetitionStatus::Cancelled.as_str(), t.status_cancelled));
    }
    let waitlist = match competition {
        None if form_input.values.is_empty() => true,
        _ => !form_input.value("waitlistEnabled").is_empty(),
    };
    let status = match form_input.value("status") {
        empty if empty.is_empty() => CompetitionStatus::Draft.to_string(),
        status => status,
    };
    let zone = match form_input.value("timeZone") {
        empty if empty.is_empty() => DEFAULT_TIME_ZONE.to_owned(),
        zone => zone,
    };
    let zones = zones(&zone);
    let own_zone = competition.is_none() && form_input.value("timeZone").is_empty();
    let form_input = || Arc::clone(form_input);
    let publish = competition.is_none_or(|one| one.status == CompetitionStatus::Draft).then(|| {
        view! {
            <Field form_input=form_input() name="publishAt" kind="datetime-local" label=t.field_publish hint=t.field_publish_hint optional=true/>
        }
    });
    view! {
        <form class="form wide-form" method="post" action=action data-testid="competition-form" data-unsaved=unsaved>
            <ErrorSummary form_input=form_input() label=field_label/>
            {asked}
            {hidden}
            {preset}
            <fieldset>
                <legend>{t.section_what}</legend>
                <Field form_input=form_input() name="title" label=t.field_title min_length="3" max_length="120"/>
                <TextArea form_input=form_input() name="description" label=t.field_description hint=t.field_description_hint max_length=field_limits::DESCRIPTION/>
                {preview}
                <Field form_input=form_input() name="location" label=t.field_location optional=true max_length="200"/>
                <Field form_input=form_input() name="tags" label=t.field_tags hint=t.field_tags_hint optional=true/>
                {picture}
            </fieldset>
            <fieldset>
                <legend>{t.section_when}</legend>
                <Select name="timeZone" label=t.field_zone value=zone choices=zones own_zone=own_zone/>
                <div class="columns">
                    <Field form_input=form_input() name="startsAt" kind="datetime-local" label=t.field_starts hint=t.zone_hint/>
                    <Field form_input=form_input() name="endsAt" kind="datetime-local" label=t.field_ends hint=t.zone_hint optional=true/>
                    {publish}
                    <Field form_input=form_input() name="opensAt" kind="datetime-local" label=t.field_opens hint=t.field_opens_hint optional=true/>
                    <Field form_input=form_input() name="regDeadline" kind="datetime-local" label=t.field_deadline hint=t.zone_hint/>
                </div>
            </fieldset>
            <fieldset>
                <legend>{t.section_seats}</legend>
                <div class="columns">
                    <Field form_input=form_input() name="capacity" kind="number" label=t.field_capacity hint=t.field_capacity_hint min="1"/>
                    <Select name="status" label=t.field_status value=status choices=states/>
                </div>
                {seats_now}
                <Checkbox name="waitlistEnabled" label=t.field_waitlist hint=t.field_waitlist_hint checked=waitlist/>
            </fieldset>
            <p class="buttons">
                // The first button is the one that Enter presses.
                <button type="submit" class="button primary">{button}</button>
                <button type="submit" class="button" name=PREVIEW value="on" formnovalidate=true>{text().editing.preview}</button>
                <a class="button quiet" href=back data-leave="">{t.abort}</a>
            </p>
        </form>
    }
    .into_any()
}

/// Returns the time zones to choose from, the chosen one included.
fn zones(chosen: &str) -> Vec<Choice> {
    let mut zones: Vec<Choice> = time_zone::offered().map(|name| (name, name)).collect();
    if let Some(zone) = time_zone::parse(chosen)
        && !zones.iter().any(|(name, _)| *name == zone.name())
    {
        zones.push((zone.name(), zone.name()));
    }
    zones
}

//! What the form of a competition says above its fields after it was submitted: what another organizer has changed
//! meanwhile, and the questions that are answered before it is saved.

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView,
        forms::{CompetitionForm, CompetitionInput},
    },
    ui::{
        actions::{
            CHANGED_BY_OTHERS, COMPETITION_FORM, NOTIFY, NOTIFY_NOBODY, PROMOTING, field_label,
            field_words,
        },
        flash::FormInput,
        text::text,
    },
};

/// Shows what the form has to report and to ask.
pub(super) fn asked(form_input: &FormInput, competition: &CompetitionView) -> AnyView {
    let stored = CompetitionForm::from(&CompetitionInput::from(competition));
    let saved = FormInput::of(COMPETITION_FORM, &stored);
    let notifies = !form_input.value(NOTIFY).is_empty();
    view! {
        {changed_by_others(form_input, &saved)}
        {capacity_question(form_input, competition, notifies)}
        {notifies.then(|| notify_question(form_input, &saved, competition))}
    }
    .into_any()
}

/// Lists the fields that another organizer has changed since the form was shown, with what is saved now.
fn changed_by_others(form_input: &FormInput, saved: &FormInput) -> Option<AnyView> {
    let changed = form_input.value(CHANGED_BY_OTHERS);
    if changed.is_empty() {
        return None;
    }
    let t = &text().editing;
    let zone = saved.value("timeZone");
    let changes = changed.split(' ').map(|field| {
        let words = match field_words(field, &saved.value(field), &zone) {
            empty if empty.is_empty() => t.notify_unknown.to_owned(),
            words => words,
        };
        let outcome = match form_input.errors.of(field) {
            Some(_) => t.conflict_both,
            None => t.conflict_taken,
        };
        view! { <div><dt>{field_label(field)}</dt><dd><bdi>{words}</bdi>" ("{outcome}")"</dd></div> }
    });
    Some(
        view! {
            <section class="panel" aria-labelledby="changed-title" data-testid="changed-by-others">
                <h2 id="changed-title">{t.conflict_title}</h2>
                <p>{t.conflict_lead}</p>
                <dl class="facts">{changes.collect_view()}</dl>
            </section>
        }
        .into_any(),
    )
}

/// Asks whether people on the waitlist are promoted by more seats; `None` unless the form was submitted with such a
/// capacity. If it asks about the time or place as well, the buttons of that question answer both.
fn capacity_question(
    form_input: &FormInput,
    competition: &CompetitionView,
    notifies: bool,
) -> Option<AnyView> {
    if form_input.value(PROMOTING).is_empty() {
        return None;
    }
    let capacity: u32 = form_input.value("capacity").trim().parse().ok()?;
    let promoted = u64::from(competition.promoted_with(capacity, competition.server_time));
    let seen = format!("{capacity}:{promoted}");
    let (t, c) = (&text().editing, &text().control_room);
    let waiting = competition.waitlisted.into();
    let yes = (!notifies).then(|| {
        view! {
            <p class="buttons">
                <button type="submit" class="button primary">{t.capacity_yes(promoted)}</button>
            </p>
        }
    });
    Some(
        view! {
            <section class="panel" aria-labelledby="promoting-title" data-testid="capacity-question" tabindex="-1" autofocus=!notifies>
                <h2 id="promoting-title">{t.capacity_title(promoted)}</h2>
                <p>{c.add_words(competition.capacity.into(), capacity.into())}" "{c.add_promotes(promoted, waiting)}</p>
                <input type="hidden" name=PROMOTING value=seen/>
                {yes}
            </section>
        }
        .into_any(),
    )
}

/// Asks whether participants are told of another time or place, with the old and the new values.
fn notify_question(
    form_input: &FormInput,
    saved: &FormInput,
    competition: &CompetitionView,
) -> AnyView {
    let t = &text().editing;
    let people = u64::from(competition.registered());
    let readable = |values: &FormInput, field: &str| {
        let zone = values.value("timeZone");
        match field_words(field, &values.value(field), zone.trim()) {
            empty if empty.is_empty() => t.notify_unknown.to_owned(),
            words => words,
        }
    };
    let fields = ["startsAt", "endsAt", "timeZone", "location"];
    let changes = fields.into_iter().filter_map(|field| {
        let (old, new) = (readable(saved, field), readable(form_input, field));
        (old != new).then(|| {
            let was = t.notify_was(&old);
            view! { <div><dt>{field_label(field)}</dt><dd><bdi>{new}</bdi>" ("<bdi>{was}</bdi>")"</dd></div> }
        })
    });
    view! {
        <section class="panel" aria-labelledby="notify-title" data-testid="notify-question" tabindex="-1" autofocus="">
            <h2 id="notify-title">{t.notify_title(people)}</h2>
            <p>{t.notify_lead}</p>
            <dl class="facts">{changes.collect_view()}</dl>
            <p class="buttons">
                <button type="submit" class="button primary" name=NOTIFY value="yes">{t.notify_yes(people)}</button>
                <button type="submit" class="button" name=NOTIFY value=NOTIFY_NOBODY>{t.notify_no}</button>
            </p>
        </section>
    }
    .into_any()
}

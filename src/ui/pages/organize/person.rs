//! One participant of a competition, for its organizers: what happened, what can be done, and notes.

use std::sync::Arc;

use leptos::prelude::*;

use super::participants::participants_url;
use crate::{
    model::{
        BulkAction, CompetitionId, NoteView, Permission, PersonView, RegistrationId,
        RegistrationStatus, TimelineEntry, TimelineEvent, forms::NOTE_MAX,
    },
    ui::{
        actions::{NOTE_ABOUT, NOTE_FORM},
        components::{
            AnswerList, ErrorSummary, PageHeader, StatusBadge, TextArea, When, WhenStyle,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        text::text,
    },
};

/// The page `/organize/{id}/registrations/{registration}`: shows a participant to those who run the competition.
#[component]
pub fn Person() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::ManagePeople).await?;
    let registration = request.param("registration")?;
    let person = request
        .services
        .registrations
        .person(actor, competition.id, registration)
        .await?;
    let PersonView {
        competition,
        registration,
        answers,
        timeline,
        notes,
    } = person;
    let (t, o) = (&text().person, &text().organize);
    let name = registration.user_name.clone().unwrap_or_default();
    let name = text().account.account_name(&name).to_owned();
    let title = format!("{name} · {}", competition.title);
    let position = registration
        .waitlist_position
        .map(|position| format!(" {position}"));
    let division = registration.division_name.map(|division| {
        view! { <div><dt>{text().divisions.division}</dt><dd><bdi>{division}</bdi></dd></div> }
    });
    let zone = competition.time_zone.clone();
    let start_number = registration.start_number.map(|it| {
        view! { <div><dt>{text().start_numbers.number}</dt><dd>{it.to_string()}</dd></div> }
    });
    let checked_in = registration.checked_in_at.map(|at| {
        let zone = zone.clone();
        view! { <div><dt>{text().check_in.filter_here}</dt><dd><When time=at zone=zone/></dd></div> }
    });
    let steps = timeline.into_iter().map(|entry| step(entry, zone.clone()));
    let (id, status) = (registration.registration_id, registration.status);
    let mut form_input = request.form_input(NOTE_FORM);
    // The page of another participant may be loaded first, where it is shown beside the list.
    if form_input.value(NOTE_ABOUT) != id.to_string() {
        form_input = Arc::default();
    }
    let answers = (!answers.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="answers">
                <h2 id="answers">{text().questions.answers}</h2>
                <AnswerList answers=answers zone=zone.clone()/>
            </section>
        }
    });
    let body = view! {
        <p class="crumb"><a href=participants_url(competition.id)>{t.to_list}</a>" · "<bdi>{competition.title.clone()}</bdi></p>
        <PageHeader title=name/>
        <section class="panel summary" aria-label=t.acts>
            <dl class="facts">
                <div><dt>{o.col_status}</dt><dd><StatusBadge status=status/>{position}</dd></div>
                {division}
                <div><dt>{o.col_email}</dt><dd class="cell-text">{registration.user_email}</dd></div>
                <div><dt>{o.col_registered}</dt><dd><When time=registration.registered_at zone=zone.clone()/></dd></div>
                {start_number}
                {checked_in}
            </dl>
            {acts(competition.id, id, status)}
        </section>
        {answers}
        <section class="section" aria-labelledby="timeline">
            <h2 id="timeline">{t.timeline}</h2>
            <ol class="history" data-testid="timeline">{steps.collect_view()}</ol>
        </section>
        {notes_section(competition.id, id, notes, &form_input, &zone)}
    };
    Ok(PageContent::new(title, body))
}

/// Shows what can be done with the registration; each leads to a page that says what will happen.
fn acts(
    competition: CompetitionId,
    registration: RegistrationId,
    status: RegistrationStatus,
) -> Option<AnyView> {
    let t = &text().people;
    let action = |action: BulkAction, words: &'static str, class: &'static str| {
        view! { <button type="submit" class=class name="action" value=action.as_str()>{words}</button> }
    };
    let promote = (status == RegistrationStatus::Waitlisted)
        .then(|| action(BulkAction::Promote, t.promote, "button"));
    let resend = status
        .holds_seat()
        .then(|| action(BulkAction::Resend, t.resend, "button"));
    status.is_live().then(|| {
        view! {
            <form method="post" class="buttons" action="/act/review-registrations-of-competition">
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <input type="hidden" name="ids[]" value=registration.to_string()/>
                {resend}
                {promote}
                {action(BulkAction::Cancel, text().person.cancel, "button danger")}
            </form>
        }
        .into_any()
    })
}

fn step(entry: TimelineEntry, zone: String) -> AnyView {
    let (t, kinds) = (&text().person, &text().mailbox);
    let (words, error) = match entry.event {
        TimelineEvent::SeatTaken => (t.seat_taken.to_owned(), None),
        TimelineEvent::Waitlisted => (t.waitlisted.to_owned(), None),
        TimelineEvent::Promoted => (t.promoted.to_owned(), None),
        TimelineEvent::GivenBack => (t.cancelled.to_owned(), None),
        TimelineEvent::Queued { job } => (t.queued(&job), None),
        TimelineEvent::AttemptFailed {
            job,
            attempts,
            error,
        } => (t.attempt_failed(&job, attempts.into()), error),
        TimelineEvent::GivenUp { job, error } => (t.given_up(&job), error),
        TimelineEvent::Written { kind } => (t.written(kinds.kind(kind)), None),
        TimelineEvent::Sent { kind } => (t.sent(kinds.kind(kind)), None),
    };
    let error = error.map(|error| view! { <br/><code dir="ltr">{error}</code> });
    view! {
        <li><When time=entry.at zone=zone style=WhenStyle::Short/>" "<span>{words}{error}</span></li>
    }
    .into_any()
}

/// Shows the notes. Their forms can be sent without leaving the drawer that shows this page beside the list
/// (`data-in-place`).
fn notes_section(
    competition: CompetitionId,
    registration: RegistrationId,
    notes: Vec<NoteView>,
    form_input: &Arc<FormInput>,
    zone: &str,
) -> AnyView {
    let t = &text().person;
    let hidden = || {
        view! {
            <input type="hidden" name="competitionId" value=competition.to_string()/>
            <input type="hidden" name="registrationId" value=registration.to_string()/>
        }
    };
    let written = if notes.is_empty() {
        view! { <p class="muted">{t.notes_none}</p> }.into_any()
    } else {
        let notes = notes.into_iter().map(|note| {
            let author = text().account.account_name(&note.author).to_owned();
            let label = t.delete_note(&author);
            let zone = zone.to_owned();
            view! {
                <li class="note">
                    <p class="muted"><bdi>{author}</bdi>" · "<When time=note.created_at zone=zone style=WhenStyle::Short/></p>
                    <p class="note-body" dir="auto">{note.body}</p>
                    <form method="post" action="/act/delete-note-of-registration-of-competition" data-in-place="">
                        {hidden()}
                        <input type="hidden" name="noteId" value=note.id.to_string()/>
                        <button type="submit" class="button small quiet" aria-label=label>{text().organize.delete}</button>
                    </form>
                </li>
            }
        });
        view! { <ul class="notes" data-testid="notes">{notes.collect_view()}</ul> }.into_any()
    };
    let input = || Arc::clone(form_input);
    view! {
        <section class="section narrow" aria-labelledby="notes">
            <h2 id="notes">{t.notes}</h2>
            <p class="muted">{t.notes_lead}</p>
            {written}
            <form method="post" class="form" action="/act/add-note-to-registration-of-competition" data-testid="note-form" data-in-place="">
                <ErrorSummary form_input=input()/>
                {hidden()}
                <TextArea form_input=input() name="note" label=t.note optional=false max_length=NOTE_MAX/>
                <button type="submit" class="button primary">{t.add_note}</button>
            </form>
        </section>
    }
    .into_any()
}

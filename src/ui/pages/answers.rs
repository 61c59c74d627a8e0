//! The page on which a participant changes the answers of a registration.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        Answer, AnsweredQuestion, CompetitionStatus, OwnRegistrationView, forms::answer_field,
    },
    text::{DateStyle, date_time},
    ui::{
        actions::ANSWERS_FORM,
        components::{AnswerList, ErrorSummary, QuestionFields},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{language, text},
    },
};

/// The page `/me/registrations/{id}/answers`: shows the answers of a registration, and changes them until the start.
#[component]
pub fn OwnAnswers() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let registrations = &request.services.registrations;
    let own = registrations.get(actor, request.id()?).await?;
    // An organizer may see a registration, but only its participant answers.
    if own.registration.user_id != actor.id {
        return Err(PageError::Forbidden);
    }
    let answered = registrations
        .answered(&own.competition, &own.registration)
        .await?;
    let OwnRegistrationView {
        registration,
        competition,
    } = own;
    let t = &text().questions;
    let ticket = paths::ticket(registration.registration_id);
    let zone = competition.time_zone.clone();
    let is_open = registration.status.is_live()
        && competition.status != CompetitionStatus::Cancelled
        && request.now < competition.starts_at;
    let form_input = request.form_input(ANSWERS_FORM);
    let content = if is_open {
        let form_input = match form_input.values.is_empty() && form_input.errors.is_empty() {
            true => Arc::new(typed(&answered)),
            false => form_input,
        };
        let until = date_time(language(), DateStyle::Full, competition.starts_at, &zone);
        let questions = answered.into_iter().map(|one| one.question);
        let questions: Vec<_> = questions.filter(|question| !question.archived).collect();
        // A question that is asked again meanwhile keeps its answer.
        let shown = questions.iter().map(|question| {
            view! { <input type="hidden" name="shown[]" value=question.id.to_string()/> }
        });
        let shown = shown.collect_view();
        view! {
            <p class="muted">{t.change_until(&until)}</p>
            <form class="form" method="post" action="/act/change-answers" data-testid="answers-form" data-unsaved="">
                <input type="hidden" name="registrationId" value=registration.registration_id.to_string()/>
                {shown}
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                <QuestionFields questions=questions form_input=form_input/>
                <p class="buttons">
                    <button type="submit" class="button primary">{t.save}</button>
                    <a class="button quiet" href=ticket data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="muted">{t.closed}</p><AnswerList answers=answered zone=zone/> }.into_any()
    };
    let body = view! {
        <div class="form-page">
            <p class="crumb"><a href=paths::ticket(registration.registration_id)><bdi>{competition.title.clone()}</bdi></a></p>
            <h1>{t.ask}</h1>
            {content}
        </div>
    };
    Ok(PageContent::new(
        format!("{} · {}", t.ask, competition.title),
        body,
    ))
}

/// Returns the form with the stored answers. Who agreed to other words than the present ones agrees anew.
fn typed(answered: &[AnsweredQuestion]) -> FormInput {
    let answers = answered.iter().filter_map(|one| {
        let answer = one.answer.as_ref()?;
        let is_former =
            matches!(answer, Answer::Consent { wording, .. } if *wording != one.question.wording());
        (!is_former).then(|| (answer_field(one.question.id), answer.typed()))
    });
    FormInput {
        values: answers.collect(),
        ..FormInput::named(ANSWERS_FORM)
    }
}

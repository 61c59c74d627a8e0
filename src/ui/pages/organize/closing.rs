//! The pages that ask before registration for a competition is closed early, and until when it is reopened.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{
    edit::seats_reserved,
    question::{Question, owned},
};
use crate::{
    model::{CompetitionStatus, CompetitionView, Phase, time_zone},
    ui::{
        actions::REOPENING_FORM,
        components::{ErrorSummary, Field, When},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// Shows the link to the page that closes registration, or to the one that reopens it.
pub(super) fn registration_switch(
    competition: &CompetitionView,
    now: DateTime<Utc>,
) -> Option<AnyView> {
    let t = &text().editing;
    let phase = competition.phase(now);
    if is_closable(competition, now) {
        let page = paths::organize(competition.id, "close");
        return Some(
            view! { <a class="button" href=page data-confirm="">{t.close}</a> }.into_any(),
        );
    }
    (phase == Phase::Closed).then(|| {
        let page = paths::organize(competition.id, "reopen");
        view! { <a class="button" href=page>{t.reopen}</a> }.into_any()
    })
}

/// Returns whether registration is open, so that it can be closed.
fn is_closable(competition: &CompetitionView, now: DateTime<Utc>) -> bool {
    competition.status == CompetitionStatus::Published
        && competition.phase(now).is_before_deadline()
        && competition.has_opened(now)
}

/// The page `/organize/{id}/close`: asks before registration is closed.
#[component]
pub fn CloseRegistration() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let competition = owned(&request).await?;
        if !is_closable(&competition, request.now) {
            return Err(PageError::SeeOther(paths::organize(competition.id, "")));
        }
        let t = &text().editing;
        Ok(Question {
            title: t.close_title.to_owned(),
            words: format!(
                "{}{} {}",
                t.close_numbers(competition.seats_left.into(), competition.waitlisted.into()),
                seats_reserved(&competition).unwrap_or_default(),
                t.close_words
            ),
            action: "/act/close-registration-of-competition",
            fields: Vec::new(),
            back: "",
            yes: t.close_yes,
            no: t.close_no,
            is_final: false,
        }
        .ask_about(&competition))
    })
}

/// The page `/organize/{id}/reopen`: asks until when people can register again.
#[component]
pub fn ReopenRegistration() -> impl IntoView {
    page(load_reopening)
}

async fn load_reopening(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let competition = owned(&request).await?;
    let actor = request.require()?;
    if competition.phase(request.now) != Phase::Closed {
        return Err(PageError::SeeOther(paths::organize(competition.id, "")));
    }
    let (t, o) = (&text().editing, &text().organize);
    let competitions = &request.services.competitions;
    let before = competitions.deadline_before_closing(actor, competition.id);
    let before = before.await?;
    let was = before.map(|before| {
        let zone = competition.time_zone.clone();
        view! { <p class="muted">{t.reopen_before}" "<When time=before zone=zone venue_only=true/></p> }
    });
    let mut form_input = request.form_input(REOPENING_FORM);
    if form_input.value("regDeadline").is_empty() {
        // The latest time that is possible, unless there was a deadline that is still ahead.
        let offered = before.unwrap_or(competition.starts_at);
        let offered = time_zone::format(&competition.time_zone, offered, "%Y-%m-%dT%H:%M");
        let filled = form_input.as_ref().clone().with("regDeadline", offered);
        form_input = Arc::new(filled);
    }
    let summary = Arc::clone(&form_input);
    let body = view! {
        <div class="form-page">
            <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
            <h1>{t.reopen_title}</h1>
            <p>{t.reopen_words}</p>
            {was}
            <form class="form" method="post" action="/act/reopen-registration-of-competition">
                <ErrorSummary form_input=summary/>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <Field form_input=form_input name="regDeadline" kind="datetime-local" label=o.field_deadline hint=o.zone_hint/>
                <p class="buttons">
                    <button type="submit" class="button primary">{t.reopen_yes}</button>
                    <a class="button" href=paths::organize(competition.id, "")>{o.abort}</a>
                </p>
            </form>
        </div>
    };
    Ok(PageContent::new(t.reopen_title, body))
}

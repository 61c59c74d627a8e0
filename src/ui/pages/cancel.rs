//! The page that asks before a registration is cancelled. With JavaScript its form opens in a
//! dialog instead.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::RegistrationStatus,
    ui::{
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/me/registrations/{id}/cancel`: asks before a registration is cancelled.
#[component]
pub fn CancelRegistration() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let entry = request
        .services
        .registrations
        .get(actor, request.id()?)
        .await?;
    // An organizer may see a registration, but only its participant may cancel it.
    if entry.registration.user_id != actor.id {
        return Err(PageError::Forbidden);
    }
    let t = &text().registrations;
    let title = &entry.competition.title;
    let (question, words, yes) = match entry.registration.status {
        RegistrationStatus::Cancelled => {
            return Err(PageError::SeeOther(paths::MY_REGISTRATIONS.to_owned()));
        }
        RegistrationStatus::Waitlisted => {
            (t.leave_title, t.cancel_waiting(title), t.cancel_yes_waiting)
        }
        _ => (t.cancel_title, t.cancel_seat(title), t.cancel_yes_seat),
    };
    let body = view! {
        <div class="form-page" data-question="">
            <h1>{question}</h1>
            <p>{words}</p>
            <form method="post" action="/act/cancel-registration" data-testid="cancel-form">
                <input type="hidden" name="registrationId" value=entry.registration.registration_id.to_string()/>
                <p class="buttons">
                    <button type="submit" class="button danger">{yes}</button>
                    <a class="button" href=paths::MY_REGISTRATIONS data-close="">{t.cancel_no}</a>
                </p>
            </form>
        </div>
    };
    Ok(PageContent::new(question, body))
}

//! What a participant sees instead of the list of own competitions: how to become an organizer.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    model::{OwnOrganizerRequest, forms::REASON_LENGTH},
    ui::{
        actions::ORGANIZER_REQUEST_FORM,
        components::{ErrorSummary, PageHeader, TextArea, When, WhenStyle},
        page::PageContent,
        page_request::{PageError, PageRequest},
        text::text,
    },
};

/// Returns the page for an account that is no organizer, with the status 403.
pub(super) async fn become_organizer(request: &PageRequest) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let own = request.services.accounts.own_organizer_request(actor);
    let own = own.await?;
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::FORBIDDEN);
    }
    let t = &text().organize;
    let part = match own {
        OwnOrganizerRequest::None => form(request),
        OwnOrganizerRequest::Waiting(since) => view! {
            <p data-testid="organizer-request">{t.ask_waiting}" "<When time=since style=WhenStyle::Short/></p>
        }
        .into_any(),
        OwnOrganizerRequest::Declined(again_at) => view! {
            <p data-testid="organizer-request">{t.ask_declined}" "<When time=again_at style=WhenStyle::Short/></p>
        }
        .into_any(),
    };
    let body = view! {
        <div class="form-page">
            <PageHeader title=t.no_organizer_title lead=t.no_organizer/>
            {part}
        </div>
    };
    Ok(PageContent::new(t.no_organizer_title, body))
}

fn form(request: &PageRequest) -> AnyView {
    let t = &text().organize;
    let form_input = request.form_input(ORGANIZER_REQUEST_FORM);
    let unsaved = form_input.unsaved();
    view! {
        <form class="form" method="post" action="/act/request-organizer-role" data-testid="organizer-request-form" data-unsaved=unsaved>
            <ErrorSummary form_input=form_input.clone()/>
            <TextArea form_input=form_input name="reason" label=t.ask_reason hint=t.ask_reason_hint max_length=REASON_LENGTH.1/>
            <p class="buttons"><button type="submit" class="button primary">{t.ask}</button></p>
        </form>
    }
    .into_any()
}

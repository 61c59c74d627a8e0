//! The page on which somebody answers an invitation to work on a competition. Opening the link of the letter changes
//! nothing, since mail scanners open links too.

use std::sync::Arc;

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::password::never_stored;
use crate::{
    model::InvitationView,
    ui::{
        components::{FormPage, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/invitations/{id}`, with `?token=…` from a letter.
#[component]
pub fn Invitation() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    never_stored();
    let token = request.query("token").unwrap_or_default();
    Ok(match request.invitation(&token).await? {
        Some(invitation) => question(&invitation, token),
        None => none(),
    })
}

fn question(invitation: &InvitationView, token: String) -> PageContent {
    let t = &text().staff;
    let organizer = text().account.account_name(&invitation.organizer_name);
    let lead = t.invitation_lead(organizer, &invitation.competition_title);
    let hidden = || {
        let (id, token) = (invitation.id.to_string(), token.clone());
        view! {
            <input type="hidden" name="staffId" value=id/>
            <input type="hidden" name="token" value=token/>
        }
    };
    let body = view! {
        <div class="form-page" data-testid="invitation">
            <h1>{t.invitation_title}</h1>
            <p class="lead">{lead}</p>
            <p><strong>{t.role_name(invitation.role)}</strong></p>
            <p>{t.role_lead(invitation.role)}</p>
            <p class="muted">{t.invited_until}" "<When time=invitation.expires_at style=WhenStyle::Date/></p>
            <div class="buttons">
                <form method="post" action="/act/accept-invitation">
                    {hidden()}
                    <button type="submit" class="button primary">{t.accept}</button>
                </form>
                <form method="post" action="/act/decline-invitation">
                    {hidden()}
                    <button type="submit" class="button">{t.decline}</button>
                </form>
            </div>
        </div>
    };
    PageContent::new(t.invitation_title, body)
}

fn none() -> PageContent {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let t = &text().staff;
    let body = view! {
        <FormPage title=t.no_invitation_title lead=t.no_invitation>
            <p><a class="button" href=paths::MAILBOX>{text().unsubscribe.to_mailbox}</a></p>
        </FormPage>
    };
    PageContent::new(t.no_invitation_title, body)
}

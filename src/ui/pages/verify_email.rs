//! The page on which an e-mail address is confirmed. Opening the link from the mail changes nothing, since
//! mail scanners open links too.

use std::sync::Arc;

use leptos::prelude::*;

use super::password::{invalid_link, never_stored};
use crate::{
    model::UserId,
    ui::{
        components::FormPage,
        intent,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/verify-email?token=…`, and `/verify-email` for an account that waits for its mail.
#[component]
pub fn VerifyEmail() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let t = &text().account;
    if let Some(token) = request.query("token") {
        never_stored();
        let accounts = &request.services.accounts;
        if accounts.is_confirmation_token(&token).await? {
            return Ok(verification(token));
        }
        // People open the link of a mail again. If they have nothing left to confirm, they are told that.
        if !has_confirmed(&request).await? {
            return Ok(invalid_link(view! {
                <p><a class="button primary" href=paths::VERIFY_EMAIL>{t.verify_go_on}</a></p>
            }));
        }
    }
    let user = request.viewer.clone().ok_or(PageError::Login)?;
    let next = request.query("next").unwrap_or_default();
    let next = paths::local(&next).unwrap_or_default().to_owned();
    let settings = request.services.accounts.address_state(user.id).await?;
    let waiting = settings
        .pending
        .or((!user.email_confirmed).then_some(user.email));
    let Some(address) = waiting.filter(|_| request.services.accounts.sends_mail()) else {
        let way_on = way_on(&request, user.id, next).await?;
        let body = view! {
            <FormPage title=t.verify_done_title lead=t.verify_done_lead>
                {way_on}
            </FormPage>
        };
        return Ok(PageContent::new(t.verify_done_title, body));
    };
    // The link in the mail can't say where its reader came from.
    intent::keep_way_on(&next);
    let words = match intent::waiting_for(user.id) {
        Some(_) => t.verify_wait_register(&address),
        None => t.verify_wait(&address),
    };
    let body = view! {
        <div class="form-page">
            <h1>{t.verify_wait_title}</h1>
            <p class="lead">{words}</p>
            <p>{t.sent_hint}</p>
            <form class="form" method="post" action="/act/send-confirmation" data-testid="send-confirmation-form">
                <input type="hidden" name="next" value=next/>
                <button type="submit" class="button">{t.verify_again}</button>
            </form>
            <p><a href=paths::SECURITY>{t.change_email}</a></p>
        </div>
    };
    Ok(PageContent::new(t.verify_wait_title, body))
}

/// Leads on from a confirmed address. If the address was confirmed in another browser, the registration that waits for it
/// in this one needs a press.
async fn way_on(
    request: &PageRequest,
    account: UserId,
    next: String,
) -> Result<AnyView, PageError> {
    if let Some(intent) = intent::waiting_for(account) {
        let catalog = &request.services.catalog;
        // The press says what became of one that is gone.
        let found = catalog.competition(intent.competition, None).await;
        let title = match found.map_err(PageError::from) {
            Ok(competition) => Some(competition.title.clone()),
            Err(PageError::NotFound) => None,
            Err(error) => return Err(error),
        };
        let words =
            title.map(|title| view! { <p>{text().account.verify_done_waiting(&title)}</p> });
        let division = intent.division.map(|division| {
            view! { <input type="hidden" name="divisionId" value=division.to_string()/> }
        });
        let form = view! {
            {words}
            <form class="form" method="post" action="/act/register" data-testid="waiting-registration">
                <input type="hidden" name="competitionId" value=intent.competition.to_string()/>
                <input type="hidden" name="idempotencyKey" value=intent.key.to_string()/>
                {division}
                <button type="submit" class="button primary wide">{text().panel.register}</button>
            </form>
        };
        return Ok(form.into_any());
    }
    let to = match next.is_empty() {
        true => paths::COMPETITIONS.to_owned(),
        false => next,
    };
    let way = view! { <p><a class="button primary" href=to>{text().account.verify_go_on}</a></p> };
    Ok(way.into_any())
}

/// Returns whether the visitor is logged in to an account that has no address to confirm.
async fn has_confirmed(request: &PageRequest) -> Result<bool, PageError> {
    let Some(user) = request.viewer.as_ref().filter(|user| user.email_confirmed) else {
        return Ok(false);
    };
    let state = request.services.accounts.address_state(user.id).await?;
    Ok(state.pending.is_none())
}

/// The page that confirms an address by a press.
fn verification(token: String) -> PageContent {
    let t = &text().account;
    let body = view! {
        <FormPage title=t.verify_title lead=t.verify_lead>
            <form class="form" method="post" action="/act/verify-email" data-testid="verify-form">
                <input type="hidden" name="token" value=token/>
                <button type="submit" class="button primary wide">{t.verify}</button>
            </form>
        </FormPage>
    };
    PageContent::new(t.verify_title, body)
}

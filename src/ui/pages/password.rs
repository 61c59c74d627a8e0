//! The pages of a forgotten password: asking for a link, and the page behind the link. Opening the link
//! changes nothing, since mail scanners open links too.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::account::{EMAIL_FORM, WayOn, WayWithEmail, carrying, carrying_form};
use crate::ui::{
    components::{ErrorSummary, Field, FormPage},
    intent, log_in_page,
    page::{PageContent, page},
    page_request::{PageError, PageRequest},
    paths,
    text::text,
};

/// The page `/forgot`, and `/forgot?sent=1` afterwards.
#[component]
pub fn Forgot() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let t = &text().account;
        let next = request.query("next").unwrap_or_default();
        let next = paths::local(&next).unwrap_or_default().to_owned();
        let login = paths::login_then(&next);
        let carried = request.carried.as_ref().map(log_in_page::carried_text);
        let carries = carried.is_some();
        if !request.services.accounts.sends_mail() {
            let body = view! {
                <FormPage title=t.forgot_title lead=t.no_mail>
                    <p><WayOn to=login words=t.back_to_login carries/></p>
                    {carrying_form(carried)}
                </FormPage>
            };
            return Ok(PageContent::new(t.forgot_title, body));
        }
        if request.query("sent").is_some() {
            let again = paths::forgot_then(&next);
            let body = view! {
                <div class="form-page">
                    <h1>{t.sent_title}</h1>
                    <p class="lead" role="status">{t.sent_lead}</p>
                    <p>{t.sent_hint}</p>
                    <p><WayOn to=again words=t.try_again carries/>" · "<WayOn to=login words=t.back_to_login carries/></p>
                    {carrying_form(carried)}
                </div>
            };
            return Ok(PageContent::new(t.sent_title, body));
        }
        let form_input = request.form_input("forgot");
        let body = view! {
            <FormPage title=t.forgot_title lead=t.forgot_lead>
                <form class="form" id=EMAIL_FORM method="post" action="/act/forgot" data-testid="forgot-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input name="email" kind="email" label=t.email autocomplete="username" max_length="254"/>
                    {carrying(carried)}
                    <button type="submit" class="button primary wide">{t.send_link}</button>
                </form>
                <p><WayWithEmail to=login words=t.back_to_login/></p>
            </FormPage>
        };
        Ok(PageContent::new(t.forgot_title, body))
    })
}

/// The page `/reset?token=…`: sets a new password.
#[component]
pub fn Reset() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let t = &text().account;
        let Some(token) = request.query("token") else {
            return Err(PageError::SeeOther(paths::FORGOT.to_owned()));
        };
        never_stored();
        let accounts = &request.services.accounts;
        if !accounts.is_reset_token(&token).await? {
            let forgot = paths::forgot_then(&intent::way_on().unwrap_or_default());
            return Ok(invalid_link(view! {
                <p><a class="button primary" href=forgot>{t.new_link}</a></p>
            }));
        }
        let form_input = request.form_input("reset");
        let body = view! {
            <FormPage title=t.reset_title lead=t.reset_lead>
                <form class="form" method="post" action="/act/reset" data-testid="reset-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="token" value=token/>
                    <Field form_input=form_input name="password" kind="password" label=t.new_password hint=t.password_hint autocomplete="new-password" min_length="10"/>
                    <button type="submit" class="button primary wide">{t.reset}</button>
                </form>
            </FormPage>
        };
        Ok(PageContent::new(t.reset_title, body))
    })
}

/// Forbids browsers to keep the page, which contains a token from a mail or names a person.
pub(super) fn never_stored() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Returns the page for a link from a mail that can't be used, with a way on.
pub(super) fn invalid_link(way_on: impl IntoView + 'static) -> PageContent {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::GONE);
    }
    let t = &text().account;
    let body = view! {
        <div class="form-page">
            <h1>{t.link_invalid_title}</h1>
            <p class="lead">{t.link_invalid_lead}</p>
            {way_on}
        </div>
    };
    PageContent::new(t.link_invalid_title, body)
}

//! The page that asks for the password before something dangerous, and then goes on.

use std::sync::Arc;

use leptos::prelude::*;

use super::account::carrying;
use crate::ui::{
    components::{ErrorSummary, Field, FormPage},
    log_in_page,
    page::{PageContent, page},
    page_request::{PageError, PageRequest},
    paths,
    text::text,
};

/// The page `/confirm-password?next=…`: asks for the password.
#[component]
pub fn ConfirmPassword() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        request.viewer.as_ref().ok_or(PageError::Login)?;
        let t = &text().account;
        let next = request.query("next").unwrap_or_default();
        let next = paths::local(&next).unwrap_or(paths::SECURITY).to_owned();
        let forgot = paths::forgot_then(&next);
        let form_input = request.form_input("confirm-password");
        let carried = request.carried.as_ref().map(log_in_page::carried_text);
        let body = view! {
            <FormPage title=t.confirm_title lead=t.confirm_lead>
                <form class="form" method="post" action="/act/confirm-password" data-testid="confirm-password-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    {carrying(carried)}
                    <Field form_input=form_input name="password" kind="password" label=t.password autocomplete="current-password"/>
                    <button type="submit" class="button primary wide">{t.confirm}</button>
                </form>
                <p><a href=forgot>{t.forgot}</a></p>
            </FormPage>
        };
        Ok(PageContent::new(t.confirm_title, body))
    })
}

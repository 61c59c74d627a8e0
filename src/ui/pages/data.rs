//! The page on which the owner of an account downloads what is known about it, and deletes it.

use std::sync::Arc;

use leptos::prelude::*;

use super::security::AccountPages;
use crate::ui::{
    components::{ErrorSummary, Field, PageHeader},
    page::{PageContent, page},
    page_request::PageRequest,
    paths,
    session::is_recent,
    text::text,
};

/// The page `/me/data`: exports and deletes the account.
#[component]
pub fn Data() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        request.require()?;
        let t = &text().account;
        let download = if is_recent().await? {
            view! {
                <p><a class="button" href="/api/v1/me/export" download="mini-compete.json">{t.export}</a></p>
            }
            .into_any()
        } else {
            view! {
                <p><a class="button" href=paths::confirm_password_then(paths::DATA)>{t.export_confirm}</a></p>
            }
            .into_any()
        };
        let form_input = request.form_input("delete-account");
        let body = view! {
            <PageHeader title=t.data_title lead=t.data_lead/>
            <AccountPages path=paths::DATA/>
            <section class="narrow" aria-labelledby="export-section">
                <h2 id="export-section">{t.export_section}</h2>
                <p>{t.export_words}</p>
                {download}
            </section>
            <section class="narrow" aria-labelledby="delete-section">
                <h2 id="delete-section">{t.delete_section}</h2>
                <p>{t.delete_words}</p>
                <form class="form" method="post" action="/act/delete-account" data-testid="delete-account-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <Field form_input=form_input name="password" kind="password" label=t.password autocomplete="current-password"/>
                    <p class="buttons"><button type="submit" class="button danger">{t.delete}</button></p>
                </form>
            </section>
        };
        Ok(PageContent::new(t.data_title, body))
    })
}

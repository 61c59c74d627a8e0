//! The page that lists where an account is logged in, and logs it out there.

use std::sync::Arc;

use leptos::prelude::*;

use super::security::AccountPages;
use crate::{
    model::{LogInKind, LogInView},
    ui::{
        components::{PageHeader, When, WhenStyle},
        page::{PageContent, page},
        page_request::PageRequest,
        paths,
        session::current_log_in,
        text::text,
    },
};

/// The page `/me/sessions`: lists and ends log-ins.
#[component]
pub fn Sessions() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let actor = request.require()?;
        let t = &text().account;
        let current = current_log_in()?;
        let log_ins = request.services.accounts.log_ins(actor, &current).await?;
        let others = log_ins.iter().any(|log_in| !log_in.current);
        let items = log_ins.into_iter().map(item).collect_view();
        let all = others.then(|| {
            view! {
                <form method="post" action="/act/end-other-sessions" data-testid="end-others-form">
                    <p class="buttons"><button type="submit" class="button">{t.end_others}</button></p>
                </form>
            }
        });
        let body = view! {
            <PageHeader title=t.sessions_title lead=t.sessions_lead/>
            <AccountPages path=paths::SESSIONS/>
            <ul class="sessions">{items}</ul>
            {all}
        };
        Ok(PageContent::new(t.sessions_title, body))
    })
}

fn item(log_in: LogInView) -> AnyView {
    let t = &text().account;
    let device = match log_in.kind {
        LogInKind::Browser => log_in.device.unwrap_or_else(|| t.some_browser.to_owned()),
        LogInKind::ApiClient => t.api_client.to_owned(),
    };
    let end = (!log_in.current).then(|| {
        view! {
            <form method="post" action="/act/end-session">
                <input type="hidden" name="id" value=log_in.id.to_string()/>
                <button type="submit" class="button quiet">{t.end_session}</button>
            </form>
        }
    });
    view! {
        <li data-testid="session">
            <div>
                <strong>{device}</strong>
                {log_in.current.then(|| view! { " "<span class="muted">{t.this_session}</span> })}
                <br/>
                <span class="muted">{t.logged_in_since}" "<When time=log_in.created_at style=WhenStyle::Date/></span>
            </div>
            {end}
        </li>
    }
    .into_any()
}

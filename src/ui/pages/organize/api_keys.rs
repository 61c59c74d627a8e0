//! The page on which an organizer creates and deletes API keys.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{ApiKeyScope, ApiKeyView, forms::ApiKeyForm},
    ui::{
        components::{
            Checkbox, EmptyState, ErrorSummary, Field, Glyph, PageHeader, When, WhenStyle,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        session::is_recent,
        shown_once::{self, SecretKind},
        text::text,
    },
};

/// The lifetimes that the form offers, in days, and the one that it proposes.
const LIFETIMES: [(&str, u64); 3] = [("30", 30), ("90", 90), ("365", 365)];
const PROPOSED: &str = "365";

/// The page `/organize/api-keys`: lists API keys, shows a new one once, and deletes them.
#[component]
pub fn ApiKeys() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_organizer().await?;
    let keys = request.services.api_keys.list(actor).await?;
    let is_recent = is_recent().await?;
    let t = &text().api_keys;
    let created = shown_once::kept(&request.services, actor, SecretKind::ApiKey).map(created);
    let form_input = request.form_input("api-key");
    let create = match is_recent {
        true => form(&form_input),
        false => confirmation(),
    };
    let listed = match keys.is_empty() {
        true => {
            view! { <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none/> }.into_any()
        }
        false => {
            let items = keys
                .into_iter()
                .map(|key| item(key, is_recent, request.now));
            view! { <ul class="sessions" data-testid="api-keys">{items.collect_view()}</ul> }
                .into_any()
        }
    };
    let body = view! {
        <p class="crumb"><a href=paths::ORGANIZE>{text().organize.title}</a></p>
        <PageHeader title=t.title lead=t.lead/>
        {created}
        <section class="narrow" aria-labelledby="new-key">
            <h2 id="new-key">{t.new_title}</h2>
            {create}
        </section>
        <section class="section" aria-labelledby="your-keys">
            <h2 id="your-keys">{t.yours}</h2>
            {listed}
        </section>
    };
    Ok(PageContent::new(t.title, body))
}

/// Shows a new key until its owner has copied it.
fn created(key: String) -> AnyView {
    let t = &text().api_keys;
    view! {
        <section class="panel" role="status" aria-labelledby="created-key">
            <h2 id="created-key">{t.created_title}</h2>
            <p>{t.created_lead}</p>
            <p><code class="secret" dir="ltr" data-testid="new-api-key">{key}</code></p>
            <form method="post" action="/act/api-key-saved">
                <p class="buttons"><button type="submit" class="button">{t.saved}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn form(form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().api_keys;
    let scopes = ApiKeyScope::ALL.iter().copied().map(|scope| {
        let name = ApiKeyForm::checkbox(scope);
        let checked = form_input.value(name) == "on";
        view! { <Checkbox name=name label=t.scope(scope) checked=checked/> }
    });
    let lifetimes = LIFETIMES
        .iter()
        .map(|(value, days)| (*value, t.expires_days(*days)))
        .chain([("", t.never.to_owned())])
        .collect::<Vec<_>>();
    let expires_in = match form_input.values.is_empty() {
        true => PROPOSED.to_owned(),
        false => form_input.value("expiresIn"),
    };
    let choices = lifetimes.into_iter().map(|(value, words)| {
        let selected = value == expires_in;
        view! { <option value=value selected=selected>{words}</option> }
    });
    let unsaved = form_input.unsaved();
    let form_input = || Arc::clone(form_input);
    let no_scope = form_input().error("scopes");
    let described = no_scope.is_some().then_some("scopes-error");
    view! {
        <form class="form" method="post" action="/act/create-api-key" data-testid="api-key-form" data-unsaved=unsaved>
            <ErrorSummary form_input=form_input()/>
            <Field form_input=form_input() name="name" label=t.name hint=t.name_hint max_length="80"/>
            <fieldset id="scopes" aria-describedby=described>
                <legend>{t.may}</legend>
                {no_scope.map(|words| view! { <p class="field-error" id="scopes-error">{words}</p> })}
                {scopes.collect_view()}
            </fieldset>
            <div class="field">
                <label for="expiresIn">{t.expires}</label>
                <select id="expiresIn" name="expiresIn">{choices.collect_view()}</select>
            </div>
            <p class="buttons"><button type="submit" class="button primary">{t.create}</button></p>
        </form>
    }
    .into_any()
}

/// Leads to the page that asks for the password, and back.
fn confirmation() -> AnyView {
    let t = &text().api_keys;
    view! {
        <p>{t.confirm_lead}</p>
        <p class="buttons"><a class="button" href=paths::confirm_password_then(paths::API_KEYS)>{t.confirm}</a></p>
    }
    .into_any()
}

fn item(key: ApiKeyView, is_recent: bool, now: DateTime<Utc>) -> AnyView {
    let t = &text().api_keys;
    let scopes: Vec<_> = key.scopes.iter().map(|scope| t.scope(*scope)).collect();
    let used = match key.last_used_at {
        Some(at) => view! { {t.last_used}" "<When time=at style=WhenStyle::Short/> }.into_any(),
        None => t.never_used.into_any(),
    };
    let expires = key.expires_at.map(|at| {
        let words = if at <= now { t.expired } else { t.expires_on };
        view! { " · "{words}" "<When time=at style=WhenStyle::Date/> }
    });
    let delete = is_recent.then(|| {
        view! {
            <details>
                <summary class="button quiet">{t.delete}</summary>
                <p>{t.delete_words}</p>
                <form method="post" action="/act/delete-api-key">
                    <input type="hidden" name="id" value=key.id.to_string()/>
                    <button type="submit" class="button danger">{t.delete_yes(&key.name)}</button>
                </form>
            </details>
        }
    });
    view! {
        <li data-testid="api-key">
            <div>
                <strong dir="auto">{key.name.clone()}</strong>" "
                <code dir="ltr">{key.start}"…"{key.last_four}</code>
                <br/>
                <span>{scopes.join(" · ")}</span>
                <br/>
                <span class="muted">{used}{expires}</span>
            </div>
            {delete}
        </li>
    }
    .into_any()
}

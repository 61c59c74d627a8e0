//! The page on which an organizer creates and deletes webhooks.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{WebhookEvent, WebhookView, forms::WebhookForm},
    ui::{
        components::{
            Checkbox, EmptyState, ErrorSummary, Field, Glyph, PageHeader, When, WhenStyle,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        shown_once::{self, SecretKind},
        text::text,
    },
};

/// The page `/organize/webhooks`: lists webhooks, shows a new secret once, and deletes them.
#[component]
pub fn Webhooks() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_organizer().await?;
    let webhooks = request.services.webhooks.list(actor).await?;
    let t = &text().webhooks;
    let secret = shown_once::kept(&request.services, actor, SecretKind::Webhook).map(secret);
    let form_input = request.form_input("webhook");
    let listed = match webhooks.is_empty() {
        true => {
            view! { <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none/> }.into_any()
        }
        false => {
            let items = webhooks.into_iter().map(item);
            view! { <ul class="sessions" data-testid="webhooks">{items.collect_view()}</ul> }
                .into_any()
        }
    };
    let body = view! {
        <p class="crumb"><a href=paths::ORGANIZE>{text().organize.title}</a></p>
        <PageHeader title=t.title lead=t.lead/>
        {secret}
        <section class="narrow" aria-labelledby="new-webhook">
            <h2 id="new-webhook">{t.new_title}</h2>
            <p>{t.docs}</p>
            {form(&form_input)}
        </section>
        <section class="section" aria-labelledby="your-webhooks">
            <h2 id="your-webhooks">{t.yours}</h2>
            {listed}
        </section>
    };
    Ok(PageContent::new(t.title, body))
}

/// Shows a new secret until its owner has copied it.
fn secret(secret: String) -> AnyView {
    let t = &text().webhooks;
    view! {
        <section class="panel" role="status" aria-labelledby="new-secret">
            <h2 id="new-secret">{t.secret_title}</h2>
            <p>{t.secret_lead}</p>
            <p><code class="secret" dir="ltr" data-testid="webhook-secret">{secret}</code></p>
            <form method="post" action="/act/webhook-secret-saved">
                <p class="buttons"><button type="submit" class="button">{t.saved}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn form(form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().webhooks;
    let is_new = form_input.values.is_empty();
    let events = WebhookEvent::ALL.iter().copied().map(|event| {
        let name = WebhookForm::checkbox(event);
        let checked = is_new || form_input.value(name) == "on";
        view! { <Checkbox name=name label=t.event(event) checked=checked/> }
    });
    let unsaved = form_input.unsaved();
    let form_input = || Arc::clone(form_input);
    let no_event = form_input().error("events");
    let described = no_event.is_some().then_some("events-error");
    view! {
        <form class="form" method="post" action="/act/create-webhook" data-testid="webhook-form" data-unsaved=unsaved>
            <ErrorSummary form_input=form_input()/>
            <Field form_input=form_input() name="url" kind="url" label=t.url hint=t.url_hint max_length="2048"/>
            <fieldset id="events" aria-describedby=described>
                <legend>{t.what}</legend>
                {no_event.map(|words| view! { <p class="field-error" id="events-error">{words}</p> })}
                {events.collect_view()}
            </fieldset>
            <p class="buttons"><button type="submit" class="button primary">{t.create}</button></p>
        </form>
    }
    .into_any()
}

fn item(webhook: WebhookView) -> AnyView {
    let t = &text().webhooks;
    let events: Vec<_> = webhook.events.iter().map(|event| t.event(*event)).collect();
    let id = webhook.id.to_string();
    view! {
        <li data-testid="webhook">
            <div>
                <code dir="ltr">{webhook.url.clone()}</code>
                <br/>
                <span>{events.join(" · ")}</span>
                <br/>
                <span class="muted">{state(&webhook)}{both_secrets(&webhook)}</span>
                <br/>
                <a href=paths::webhook(webhook.id)>{t.deliveries}</a>
            </div>
            <details>
                <summary class="button quiet">{t.new_secret}</summary>
                <p>{t.new_secret_words}</p>
                <form method="post" action="/act/replace-webhook-secret">
                    <input type="hidden" name="id" value=id.clone()/>
                    <button type="submit" class="button">{t.new_secret_yes}</button>
                </form>
            </details>
            <details>
                <summary class="button quiet">{t.delete}</summary>
                <p>{t.delete_words}</p>
                <form method="post" action="/act/delete-webhook">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button danger">{t.delete_yes}</button>
                </form>
            </details>
        </li>
    }
    .into_any()
}

/// Says whether a webhook works.
pub(super) fn state(webhook: &WebhookView) -> AnyView {
    let t = &text().webhooks;
    match (webhook.off_at, webhook.failing_since) {
        (Some(at), _) => view! { {t.off}" "<When time=at style=WhenStyle::Short/> }.into_any(),
        (None, Some(at)) => {
            view! { {t.failing}" "<When time=at style=WhenStyle::Short/> }.into_any()
        }
        (None, None) => t.works.into_any(),
    }
}

fn both_secrets(webhook: &WebhookView) -> Option<AnyView> {
    let until = webhook.previous_secret_until?;
    let words = text().webhooks.both_secrets;
    Some(view! { " · "{words}" "<When time=until style=WhenStyle::Short/> }.into_any())
}

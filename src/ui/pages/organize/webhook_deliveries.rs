//! The page that shows what was sent to a webhook, from where it is sent again.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{WebhookDeliveryStatus, WebhookDeliveryView, WebhookId},
    ui::{
        components::{EmptyState, Glyph, PageHeader, TableBox, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/webhooks/{id}`: lists the deliveries of a webhook.
#[component]
pub fn WebhookDeliveries() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_organizer().await?;
    let id: WebhookId = request.id()?;
    let service = &request.services.webhooks;
    let own = service.list(actor).await?;
    let webhook = own.into_iter().find(|webhook| webhook.id == id);
    let webhook = webhook.ok_or(PageError::NotFound)?;
    let deliveries = service
        .deliveries(actor, id, request.query_as("after"))
        .await?;
    let t = &text().webhooks;
    let listed = match deliveries.items.is_empty() {
        true => view! { <EmptyState glyph=Glyph::Mail title=t.deliveries_none words=t.none/> }
            .into_any(),
        false => table(id, deliveries.items),
    };
    let older = deliveries.next.map(|next| {
        let path = format!("{}?after={next}", paths::webhook(id));
        view! { <p class="buttons"><a class="button" href=path rel="next">{t.older}</a></p> }
    });
    let body = view! {
        <p class="crumb"><a href=paths::WEBHOOKS>{t.title}</a></p>
        <PageHeader title=t.deliveries lead=t.deliveries_lead/>
        <p><code dir="ltr">{webhook.url.clone()}</code></p>
        <p class="muted">{super::webhooks::state(&webhook)}</p>
        {listed}
        {older}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.deliveries, t.title),
        body,
    ))
}

fn table(webhook: WebhookId, deliveries: Vec<WebhookDeliveryView>) -> AnyView {
    let t = &text().webhooks;
    let rows = deliveries
        .into_iter()
        .map(move |delivery| row(webhook, delivery));
    view! {
        <TableBox label=t.deliveries>
            <table class="table dense" data-testid="deliveries">
                <caption class="sr-only">{t.deliveries}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.col_event}</th>
                        <th scope="col">{t.col_time}</th>
                        <th scope="col">{t.col_state}</th>
                        <th scope="col">{t.col_attempts}</th>
                        <th scope="col"><span class="sr-only">{t.replay}</span></th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}

fn row(webhook: WebhookId, delivery: WebhookDeliveryView) -> AnyView {
    let t = &text().webhooks;
    let tone = match delivery.status {
        WebhookDeliveryStatus::Pending => "accent",
        WebhookDeliveryStatus::Delivered => "good",
        WebhookDeliveryStatus::Failed => "bad",
    };
    let problem = t
        .problem(&delivery)
        .map(|words| view! { <br/><span>{words}</span> });
    let replay = (delivery.status != WebhookDeliveryStatus::Pending).then(|| {
        view! {
            <form method="post" action="/act/replay-webhook-delivery">
                <input type="hidden" name="id" value=webhook.to_string()/>
                <input type="hidden" name="deliveryId" value=delivery.id.to_string()/>
                <button type="submit" class="button quiet">{t.replay}</button>
            </form>
        }
    });
    // Indented, as people read it.
    let payload = serde_json::to_string_pretty(&delivery.payload).unwrap_or_default();
    view! {
        <tr>
            <th scope="row">
                <details>
                    <summary>{t.event(delivery.event)}</summary>
                    <pre dir="ltr"><code>{payload}</code></pre>
                </details>
            </th>
            <td data-label=t.col_time><When time=delivery.created_at style=WhenStyle::Short/></td>
            <td data-label=t.col_state class="cell-text">
                <span class="badge" data-tone=tone>{t.status(delivery.status)}</span>
                {problem}
            </td>
            <td data-label=t.col_attempts class="number">{delivery.attempts}</td>
            <td>{replay}</td>
        </tr>
    }
    .into_any()
}

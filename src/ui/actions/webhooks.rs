//! Server functions that create and delete webhooks, replace their secrets, and have deliveries sent once more.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, see_other, services, succeed};
use crate::{
    domain::Error,
    model::{WebhookDeliveryId, WebhookId, WebhookView, forms::WebhookForm},
    ui::{
        flash::FormInput,
        paths,
        shown_once::{self, SecretKind},
        text::text,
    },
};

/// Creates a webhook, whose secret the next page shows once.
#[server(prefix = "/act", endpoint = "create-webhook")]
pub async fn create_webhook(#[server(flatten)] form: WebhookForm) -> ActionResult {
    let created: Result<(), Error> = async {
        let services = services()?;
        let created = services.webhooks.create(actor()?, form.input()).await?;
        keep_secret(created)
    }
    .await;
    match created {
        Ok(()) => see_other(paths::WEBHOOKS),
        Err(error) => fail(paths::WEBHOOKS, FormInput::of("webhook", &form), error).await,
    }
    Ok(())
}

/// Gives a webhook a new secret, which the next page shows once.
#[server(prefix = "/act", endpoint = "replace-webhook-secret")]
pub async fn replace_webhook_secret(
    #[server(default)]
    #[server(rename = "id")]
    webhook_id: String,
) -> ActionResult {
    let replaced: Result<(), Error> = async {
        let webhook: WebhookId = id(&webhook_id)?;
        let services = services()?;
        keep_secret(services.webhooks.replace_secret(actor()?, webhook).await?)
    }
    .await;
    match replaced {
        Ok(()) => see_other(paths::WEBHOOKS),
        Err(error) => fail(paths::WEBHOOKS, FormInput::default(), error).await,
    }
    Ok(())
}

/// Forgets the secret, which its owner has copied.
#[server(prefix = "/act", endpoint = "webhook-secret-saved")]
pub async fn webhook_secret_saved() -> ActionResult {
    shown_once::forget();
    see_other(paths::WEBHOOKS);
    Ok(())
}

/// Deletes a webhook of the organizer.
#[server(prefix = "/act", endpoint = "delete-webhook")]
pub async fn delete_webhook(
    #[server(default)]
    #[server(rename = "id")]
    webhook_id: String,
) -> ActionResult {
    let deleted: Result<(), Error> = async {
        let webhook: WebhookId = id(&webhook_id)?;
        services()?.webhooks.delete(actor()?, webhook).await
    }
    .await;
    match deleted {
        Ok(()) => succeed(paths::WEBHOOKS, text().webhooks.deleted).await,
        Err(error) => fail(paths::WEBHOOKS, FormInput::default(), error).await,
    }
    Ok(())
}

/// Has a delivery sent once more.
#[server(prefix = "/act", endpoint = "replay-webhook-delivery")]
pub async fn replay_webhook_delivery(
    #[server(default)]
    #[server(rename = "id")]
    webhook_id: String,
    #[server(default)]
    #[server(rename = "deliveryId")]
    delivery_id: String,
) -> ActionResult {
    let replayed: Result<WebhookId, Error> = async {
        let webhook: WebhookId = id(&webhook_id)?;
        let delivery: WebhookDeliveryId = id(&delivery_id)?;
        let webhooks = &services()?.webhooks;
        webhooks.replay(actor()?, webhook, delivery).await?;
        Ok(webhook)
    }
    .await;
    match replayed {
        Ok(webhook) => succeed(&paths::webhook(webhook), text().webhooks.replayed).await,
        Err(error) => fail(paths::WEBHOOKS, FormInput::default(), error).await,
    }
    Ok(())
}

#[cfg(feature = "ssr")]
fn keep_secret(webhook: WebhookView) -> Result<(), Error> {
    let secret = webhook.secret.unwrap_or_default();
    shown_once::keep(&*services()?, actor()?, SecretKind::Webhook, &secret)?;
    Ok(())
}

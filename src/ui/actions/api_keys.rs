//! Server functions that create and delete API keys.

use leptos::prelude::*;

use super::action_response::{ActionResult, fail, id, recent_actor, see_other, services, succeed};
use crate::{
    domain::Error,
    model::{ApiKeyId, forms::ApiKeyForm},
    ui::{
        flash::FormInput,
        paths,
        session::now,
        shown_once::{self, SecretKind},
        text::text,
    },
};

/// Creates an API key, which the next page shows once.
#[server(prefix = "/act", endpoint = "create-api-key")]
pub async fn create_api_key(#[server(flatten)] form: ApiKeyForm) -> ActionResult {
    let created: Result<(), Error> = async {
        let actor = recent_actor().await?;
        let services = services()?;
        let input = form.parse(now()?)?;
        let created = services.api_keys.create(actor, input).await?;
        let key = created.key.unwrap_or_default();
        shown_once::keep(&services, actor, SecretKind::ApiKey, &key)?;
        Ok(())
    }
    .await;
    match created {
        Ok(()) => see_other(paths::API_KEYS),
        Err(error) => fail(paths::API_KEYS, FormInput::of("api-key", &form), error).await,
    }
    Ok(())
}

/// Forgets the new key, which its owner has copied.
#[server(prefix = "/act", endpoint = "api-key-saved")]
pub async fn api_key_saved() -> ActionResult {
    shown_once::forget();
    see_other(paths::API_KEYS);
    Ok(())
}

/// Deletes an API key.
#[server(prefix = "/act", endpoint = "delete-api-key")]
pub async fn delete_api_key(
    #[server(default)]
    #[server(rename = "id")]
    key_id: String,
) -> ActionResult {
    let deleted: Result<(), Error> = async {
        let actor = recent_actor().await?;
        let key_id: ApiKeyId = id(&key_id)?;
        services()?.api_keys.delete(actor, key_id).await
    }
    .await;
    match deleted {
        Ok(()) => succeed(paths::API_KEYS, text().api_keys.deleted).await,
        Err(error) => fail(paths::API_KEYS, FormInput::default(), error).await,
    }
    Ok(())
}

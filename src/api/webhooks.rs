//! The webhooks of an organizer, and what was sent to them.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, JsonBody, PathId, PathIds, QueryReader, QueryString},
    problem_responses::{Forbidden, Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{
    WebhookDeliveryId, WebhookDeliveryList, WebhookId, WebhookList, WebhookView,
    forms::{RequestProblem, WebhookInput},
};

/// List my webhooks
///
/// Returns the webhooks of the account, the newest first. Their secrets are not shown.
#[utoipa::path(get, path = "/webhooks", tag = "Webhooks", operation_id = "listWebhooks",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The webhooks of the account, at most 10.", body = WebhookList), Unauthenticated, Forbidden))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<WebhookList>> {
    let items = api.services.webhooks.list(account.actor()).await?;
    Ok(Json(WebhookList { items }))
}

/// Create a webhook
///
/// From now on, events of the competitions that the account organizes are sent to the address as `POST` requests, as the
/// Standard Webhooks specification describes: with `webhook-id`, `webhook-timestamp` and `webhook-signature`, and a body
/// `{"type", "timestamp", "data"}`. An event is sent at least once, always with the same `webhook-id`, until the receiver
/// answers with a status from 200 to 299, for about two hours. `data` has the ids of the registration, the account and the
/// competition, and no personal data. Redirects are not followed. `secret` is returned once. An account has 10 webhooks
/// at most.
#[utoipa::path(post, path = "/webhooks", tag = "Webhooks", operation_id = "createWebhook",
    request_body = WebhookInput,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The new webhook, with `secret`.", body = WebhookView), Unauthenticated, Forbidden, Invalid))]
pub(super) async fn create(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(input): JsonBody<WebhookInput>,
) -> ApiResult<Response> {
    let created = api.services.webhooks.create(account.actor(), input).await?;
    Ok(with_secret(StatusCode::CREATED, created))
}

/// Delete a webhook
///
/// Nothing is sent to it any more, also nothing that happened before.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "Webhooks", operation_id = "deleteWebhook",
    params(("id" = WebhookId, Path, description = "The id of the webhook.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The webhook is deleted."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn delete(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<WebhookId>,
) -> ApiResult<StatusCode> {
    api.services.webhooks.delete(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace the secret of a webhook
///
/// For 24 hours requests carry a signature of the new secret and one of the former, so that the receiver can be changed
/// meanwhile. `secret` is returned once.
#[utoipa::path(post, path = "/webhooks/{id}/secret", tag = "Webhooks", operation_id = "replaceWebhookSecret",
    params(("id" = WebhookId, Path, description = "The id of the webhook.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The webhook, with the new `secret`.", body = WebhookView), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn replace_secret(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<WebhookId>,
    EmptyBody: EmptyBody,
) -> ApiResult<Response> {
    let webhooks = &api.services.webhooks;
    let replaced = webhooks.replace_secret(account.actor(), id).await?;
    Ok(with_secret(StatusCode::OK, replaced))
}

/// The query of the list of deliveries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveriesQuery {
    /// The last delivery of the part of the list before, from its `next`.
    #[param(value_type = Option<WebhookDeliveryId>)]
    after: Option<String>,
}

/// List the deliveries of a webhook
///
/// Returns 50 deliveries, the newest first. They are kept for 14 days.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "Webhooks", operation_id = "listWebhookDeliveries",
    params(("id" = WebhookId, Path, description = "The id of the webhook."), DeliveriesQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A part of the list, and where the next one begins.", body = WebhookDeliveryList), Unauthenticated, Forbidden, NotFound, Invalid))]
pub(super) async fn deliveries(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<WebhookId>,
    QueryString(query): QueryString<DeliveriesQuery>,
) -> ApiResult<Json<WebhookDeliveryList>> {
    let mut reader = QueryReader::default();
    let after = reader.parsed("after", &query.after, RequestProblem::NotAnId, |text| {
        text.parse().ok()
    });
    reader.finish()?;
    let webhooks = &api.services.webhooks;
    Ok(Json(webhooks.deliveries(account.actor(), id, after).await?))
}

/// Replay a delivery
///
/// Sends the event once more, with the same `webhook-id`, whatever became of it before. A replay that is accepted turns
/// a webhook on again that was off.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{deliveryId}/replay", tag = "Webhooks", operation_id = "replayWebhookDelivery",
    params(
        ("id" = WebhookId, Path, description = "The id of the webhook."),
        ("deliveryId" = WebhookDeliveryId, Path, description = "The id of the delivery."),
    ),
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, description = "The event is being sent once more."), Unauthenticated, Forbidden, NotFound))]
pub(super) async fn replay(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathIds(id, delivery): PathIds<WebhookId, WebhookDeliveryId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    let webhooks = &api.services.webhooks;
    webhooks.replay(account.actor(), id, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}

fn with_secret(status: StatusCode, webhook: WebhookView) -> Response {
    let secret = [(header::CACHE_CONTROL, "no-store")];
    (status, secret, Json(webhook)).into_response()
}

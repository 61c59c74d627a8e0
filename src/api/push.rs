//! The browsers in which the caller's account gets push messages.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::JsonBody,
    problem_responses::{Invalid, NoPush, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{
    PushSubscriptionView, PushView,
    forms::{EndPushForm, PushSubscriptionForm},
};

/// Show which of my browsers get push messages
///
/// Returns the key with which a browser subscribes, unless this site sends no push messages (RFC 8030, RFC 8292), and
/// the subscriptions of the account.
#[utoipa::path(get, path = "/me/push", tag = "Mailbox", operation_id = "getPush",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The key, and the subscriptions of the account.", body = PushView), Unauthenticated))]
pub(super) async fn show(
    State(api): State<ApiState>,
    account: CallerAccount,
) -> ApiResult<Json<PushView>> {
    let subscriptions = &api.services.push_subscriptions;
    Ok(Json(subscriptions.of(account.actor()).await?))
}

/// Send push messages to this browser
///
/// Takes a subscription as browsers write it. From now on the browser is told when a seat from the waitlist becomes the
/// account's, and reminded of competitions and openings. The subscription ends with the session or token family of the
/// request, and when the account subscribes in more than 10 browsers: then the oldest one ends. A repeat is harmless.
#[utoipa::path(post, path = "/me/push-subscriptions", tag = "Mailbox", operation_id = "subscribeToPush",
    request_body = PushSubscriptionForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The browser gets push messages.", body = PushSubscriptionView), Unauthenticated, NoPush, Invalid))]
pub(super) async fn subscribe(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<PushSubscriptionForm>,
) -> ApiResult<(StatusCode, Json<PushSubscriptionView>)> {
    let subscriptions = &api.services.push_subscriptions;
    let view = subscriptions
        .subscribe(account.actor(), form, &account.log_in)
        .await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Send no more push messages to a browser
///
/// The subscription with this address ends.
#[utoipa::path(delete, path = "/me/push-subscriptions", tag = "Mailbox", operation_id = "endPush",
    request_body = EndPushForm,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The browser gets no more push messages."), Unauthenticated, NotFound, Invalid))]
pub(super) async fn end(
    State(api): State<ApiState>,
    account: CallerAccount,
    JsonBody(form): JsonBody<EndPushForm>,
) -> ApiResult<StatusCode> {
    let subscriptions = &api.services.push_subscriptions;
    subscriptions.end(account.actor(), &form).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! One's own messages.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{EmptyBody, PathId, QueryReader, QueryString},
    problem_responses::{Invalid, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::model::{MessageId, MessageView, Page};

/// Which messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct MessagesQuery {
    /// Only those not read yet.
    #[param(value_type = Option<bool>)]
    unread: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// Rows a page, 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List my messages
///
/// Newest first.
#[utoipa::path(get, path = "/me/mailbox", tag = "Mailbox", operation_id = "listMessages",
    params(MessagesQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page", body = Page<MessageView>), Unauthenticated, Invalid))]
pub(super) async fn list(
    State(api): State<ApiState>,
    account: CallerAccount,
    QueryString(query): QueryString<MessagesQuery>,
) -> ApiResult<Json<Page<MessageView>>> {
    let mut reader = QueryReader::default();
    let unread = reader.flag("unread", &query.unread);
    let paging = reader.paging(&query.page, &query.per_page);
    reader.finish()?;
    let mailbox = &api.services.mailbox;
    Ok(Json(mailbox.list(account.actor(), unread, paging).await?))
}

/// Mark a message as read
///
/// Again is harmless.
#[utoipa::path(post, path = "/me/mailbox/{id}/read", tag = "Mailbox", operation_id = "readMessage",
    params(("id" = MessageId, Path, description = "Which")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "Read"), Unauthenticated, NotFound))]
pub(super) async fn read(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<MessageId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    api.services.mailbox.mark_read(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! The messages of the caller's account.

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

/// The query of the list of messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct MessagesQuery {
    /// Lists only messages that are not read yet, if it is `true`.
    #[param(value_type = Option<bool>)]
    unread: Option<String>,
    /// The number of the page, starting at 1.
    #[param(value_type = Option<u64>)]
    page: Option<String>,
    /// The number of rows in a page, from 1 to 100.
    #[param(value_type = Option<u64>)]
    per_page: Option<String>,
}

/// List my messages
///
/// The newest message comes first.
#[utoipa::path(get, path = "/me/mailbox", tag = "Mailbox", operation_id = "listMessages",
    params(MessagesQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "One page of the list.", body = Page<MessageView>), Unauthenticated, Invalid))]
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
/// Repeating the request is harmless.
#[utoipa::path(post, path = "/me/mailbox/{id}/read", tag = "Mailbox", operation_id = "readMessage",
    params(("id" = MessageId, Path, description = "The id of the message.")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The message is marked as read."), Unauthenticated, NotFound))]
pub(super) async fn read(
    State(api): State<ApiState>,
    account: CallerAccount,
    PathId(id): PathId<MessageId>,
    EmptyBody: EmptyBody,
) -> ApiResult<StatusCode> {
    api.services.mailbox.mark_read(account.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Server functions of the mailbox.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, see_other, services};
use crate::{
    domain::Error,
    model::MessageId,
    ui::{flash::FormInput, paths},
};

/// Marks a message as read and shows it.
#[server(prefix = "/act", endpoint = "mark-read")]
pub async fn mark_read(
    #[server(default)]
    #[server(rename = "messageId")]
    message_id: String,
) -> ActionResult {
    let read: Result<MessageId, Error> = async {
        let actor = actor()?;
        let message: MessageId = id(&message_id)?;
        services()?.mailbox.mark_read(actor, message).await?;
        Ok(message)
    }
    .await;
    match read {
        Ok(message) => see_other(&paths::message(message)),
        Err(error) => fail(paths::MAILBOX, FormInput::default(), error).await,
    }
    Ok(())
}

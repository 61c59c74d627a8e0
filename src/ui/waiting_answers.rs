//! What was typed into a registration that waits until the e-mail address is confirmed. It may be too long for the
//! cookie of the intent, so it is kept in the session.

use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{flash::FormInput, session::session};
use crate::{
    model::{IdempotencyKey, UserId},
    store::InfrastructureError,
};

/// The key in the session's data.
const WAITING_ANSWERS: &str = "waiting-answers";

/// The input of a register form, with the request that it belongs to: a session may outlive a log-in of another account,
/// and an intent may be replaced by a later one.
#[derive(Debug, Serialize, Deserialize)]
struct WaitingInput {
    account: UserId,
    key: String,
    form_input: FormInput,
}

/// Keeps the input of a register form of a request, and forgets that of an earlier one; `None` if nothing was typed. A failure
/// is logged: the visitor is asked to type it again.
pub async fn keep(account: UserId, key: &IdempotencyKey, form_input: Option<FormInput>) {
    let kept: Result<(), InfrastructureError> = async {
        let session = session()?;
        // What is too large was dropped, and is not kept.
        let form_input = form_input.map(FormInput::bounded);
        let Some(form_input) = form_input.filter(|typed| !typed.values.is_empty()) else {
            return remove(&session).await;
        };
        let waiting = WaitingInput {
            account,
            key: key.to_string(),
            form_input,
        };
        let inserted = session.insert(WAITING_ANSWERS, waiting);
        inserted.await.map_err(InfrastructureError::internal)
    }
    .await;
    if let Err(error) = kept {
        tracing::error!(%error, "Could not keep answers until the e-mail address is confirmed");
    }
}

/// Takes the input of the register form with this name, if it was kept in this session for a request of this account with
/// this key.
pub async fn take(account: UserId, key: &IdempotencyKey, form: &str) -> Option<FormInput> {
    let session = session().ok()?;
    // What an earlier release has left has another form, and is not read.
    let waiting: WaitingInput = session.get(WAITING_ANSWERS).await.ok()??;
    let is_it = waiting.account == account
        && waiting.key == key.as_str()
        && waiting.form_input.form == form;
    if !is_it {
        return None;
    }
    if let Err(error) = remove(&session).await {
        tracing::warn!(%error, "Could not remove answers that were taken from a session");
    }
    Some(waiting.form_input)
}

/// Removes what is kept. It is read before, since removing marks the session as changed.
async fn remove(session: &Session) -> Result<(), InfrastructureError> {
    let kept = session.get_value(WAITING_ANSWERS).await;
    if kept.map_err(InfrastructureError::internal)?.is_some() {
        let removed = session.remove_value(WAITING_ANSWERS).await;
        removed.map_err(InfrastructureError::internal)?;
    }
    Ok(())
}

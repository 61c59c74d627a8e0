//! What was answered in a registration that waits until the e-mail address is confirmed. It may be too long for the
//! cookie of the intent, so it is kept in the session.

use super::{flash::FormInput, session::session};
use crate::store::InfrastructureError;

/// The key in the session's data.
const WAITING_ANSWERS: &str = "waiting-answers";

/// Keeps the input of a register form. A failure is logged: the visitor is asked the questions again.
pub async fn keep(form_input: FormInput) {
    let kept: Result<(), InfrastructureError> = async {
        let session = session()?;
        let inserted = session.insert(WAITING_ANSWERS, form_input.bounded());
        inserted.await.map_err(InfrastructureError::internal)
    }
    .await;
    if let Err(error) = kept {
        tracing::error!(%error, "Could not keep answers until the e-mail address is confirmed");
    }
}

/// Takes the input of the register form with this name, if it was kept in this session.
pub async fn take(form: &str) -> Option<FormInput> {
    let session = session().ok()?;
    // Read before it is removed, since removing marks the session as changed.
    let kept: FormInput = session.get(WAITING_ANSWERS).await.ok()??;
    if kept.form != form {
        return None;
    }
    if let Err(error) = session.remove_value(WAITING_ANSWERS).await {
        tracing::warn!(%error, "Could not remove answers that were taken from a session");
    }
    Some(kept)
}

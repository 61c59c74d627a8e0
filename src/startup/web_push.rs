//! The client of push services, if the settings want push messages.

use url::Url;

use super::{StartError, webhooks::address_rule};
use crate::{
    domain::signing::SigningKeys, external::web_push::PushServices, ops::settings::Settings,
};

/// Creates the client, with keys that follow from the installation's secret.
///
/// # Errors
/// Returns a [`StartError`] that names the variable.
pub(super) fn open(
    settings: &Settings,
    public_url: &Url,
    keys: &SigningKeys,
) -> Result<Option<PushServices>, StartError> {
    let Some(subject) = settings.web_push.subject(public_url) else {
        return Ok(None);
    };
    let failed = |why: String| StartError(format!("WEB_PUSH: {why}"));
    let keys = keys.for_push().map_err(|error| failed(error.to_string()))?;
    match PushServices::new(address_rule(settings), keys, subject) {
        Ok(services) => Ok(Some(services)),
        Err(why) if settings.web_push.is_asked_for() => Err(failed(why)),
        // Nobody asked for it: a machine without certificate authorities serves all the same.
        Err(why) => {
            tracing::warn!("WEB_PUSH: {why}; this process sends no push messages");
            Ok(None)
        }
    }
}

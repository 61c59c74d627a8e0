//! What sends requests to addresses that accounts have named, and to which ones it may.

use crate::{
    external::{public_address::AddressRule, webhook_sender::WebhookSender},
    ops::settings::Settings,
};

/// Returns which addresses may be reached.
pub(super) const fn address_rule(settings: &Settings) -> AddressRule {
    match settings.web_push.webhook_allow_private.0 {
        true => AddressRule::Any,
        false => AddressRule::PublicOnly,
    }
}

/// Creates the sender of webhooks. A machine without certificate authorities serves all the same, and leaves webhooks to
/// others.
pub(super) fn open(settings: &Settings) -> Option<WebhookSender> {
    match WebhookSender::new(address_rule(settings)) {
        Ok(sender) => Some(sender),
        Err(why) => {
            tracing::warn!("Webhooks: {why}; this process sends nothing to webhooks");
            None
        }
    }
}

//! A subscription to push messages, as browsers write it (`PushSubscription.toJSON()`, W3C Push API).

use serde::{Deserialize, Serialize};

/// The longest address of a subscription, in bytes.
pub const PUSH_ENDPOINT_LENGTH: usize = 2_048;
/// The length of the public key of a browser: 65 bytes in Base64url, with or without padding.
pub const PUSH_KEY_LENGTH: (usize, usize) = (87, 88);
/// The length of the secret of a subscription: 16 bytes in Base64url, with or without padding.
pub const PUSH_AUTH_LENGTH: (usize, usize) = (22, 24);

/// A subscription to push messages.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushSubscriptionForm {
    /// The address at the push service of the browser. It begins with `https://`, has no port, and leads to a public
    /// address.
    pub endpoint: String,
    /// When the subscription ends, in milliseconds since 1970. Browsers send it; it is not used.
    #[serde(default)]
    pub expiration_time: Option<f64>,
    /// The keys with which messages are encrypted for the browser.
    pub keys: PushKeysForm,
}

/// The keys of a subscription to push messages.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushKeysForm {
    /// The public key of the browser: a point of P-256 without compression, in Base64url.
    pub p256dh: String,
    /// The secret that the browser shares with this site: 16 bytes in Base64url.
    pub auth: String,
}

/// The subscription that ends.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndPushForm {
    /// The address of the subscription at the push service.
    pub endpoint: String,
}

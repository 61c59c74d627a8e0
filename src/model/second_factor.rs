//! The second factor of an account, as its owner sees it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A secret for an authenticator app that is not in use yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TotpSetupView {
    /// The secret in base 32, for people who type it into their app.
    #[cfg_attr(feature = "ssr", schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))]
    pub secret: String,
    /// The address that the app reads from a QR code (the format of Google Authenticator, `otpauth://totp/…`).
    pub otpauth_url: String,
}

/// The recovery codes of an account. They are shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodesView {
    /// The codes. Each logs in once instead of a code of the app.
    pub recovery_codes: Vec<String>,
}

/// Whether an account has a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondFactorView {
    /// Since when log-ins need it.
    pub since: DateTime<Utc>,
    /// The number of recovery codes that were not used.
    pub recovery_codes_left: u64,
}

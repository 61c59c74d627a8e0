//! What giving start numbers has done, or would do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    RegistrationId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// The order in which start numbers are given.
    StartNumberOrder {
        /// In the alphabetical order of names.
        Name = "NAME",
        /// In the order of registration.
        RegisteredAt = "REGISTERED_AT",
    }
}

impl Default for StartNumberOrder {
    /// Returns the order of names.
    fn default() -> Self {
        Self::Name
    }
}

/// A participant with the start number that was given, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartNumberView {
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant.
    pub user_name: String,
    /// The name of the division; null where there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division: Option<String>,
    /// The start number of the participant.
    pub start_number: u32,
}

/// What giving start numbers has done, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartNumbersView {
    /// Whether this only says what would happen: nothing was changed.
    pub dry_run: bool,
    /// The number of participants who got a number.
    pub given: u64,
    /// The number of participants with a seat who had one before.
    pub kept: u64,
    /// The number of participants for whom no number is left in the range of their division.
    pub without_number: u64,
    /// The first participants who got a number, in the order of the numbers' assignment: at most 100.
    #[cfg_attr(feature = "ssr", schema(max_items = 100))]
    pub items: Vec<StartNumberView>,
}

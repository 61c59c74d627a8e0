//! What a participant chooses when registering.

use serde::{Deserialize, Serialize};

use crate::model::DivisionId;

/// What a participant chooses when registering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistrationInput {
    /// The division, which is required if the competition has divisions.
    #[serde(default)]
    pub division_id: Option<DivisionId>,
}

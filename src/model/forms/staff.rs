//! What an owner sends about the people who work on a competition.

use serde::{Deserialize, Serialize};

use super::{account_fields::email, errors::FieldErrors, field_problem::FieldProblem};
use crate::model::StaffRole;

/// The longest token of an invitation that is read, in bytes.
pub const TOKEN_MAX: usize = 200;

/// An invitation to work on a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffForm {
    /// The e-mail address that is invited.
    pub email: String,
    /// What the person would do: any role but `OWNER`.
    pub role: StaffRole,
}

impl StaffForm {
    /// Returns the address, trimmed and in lower case, and the role.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<(String, StaffRole), FieldErrors> {
        let mut errors = FieldErrors::default();
        let address = errors.check("email", email(&self.email));
        let role = match StaffRole::INVITED.contains(&self.role) {
            true => Ok(self.role),
            false => Err(FieldProblem::NotInList),
        };
        let role = errors.check("role", role);
        match (address, role) {
            (Some(address), Some(role)) => Ok((address, role)),
            _ => Err(errors),
        }
    }
}

/// Another role of somebody who works on a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaffPatch {
    /// The new role; `OWNER` hands the competition over.
    pub role: StaffRole,
}

/// The answer to an invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InvitationAnswer {
    /// The token of the link in the letter. An account with a confirmed address needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(max_length = 200))]
    pub token: Option<String>,
}

impl InvitationAnswer {
    /// Returns the token, unless it is too long to be one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token
            .as_deref()
            .filter(|token| !token.is_empty() && token.len() <= TOKEN_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_invited_to_own_a_competition() {
        let form = |role| StaffForm {
            email: " Ada@Example.org ".to_owned(),
            role,
        };
        let parsed = form(StaffRole::Viewer).parse();
        assert_eq!(
            parsed,
            Ok(("ada@example.org".to_owned(), StaffRole::Viewer))
        );
        let errors = form(StaffRole::Owner).parse().unwrap_err();
        assert_eq!(errors.of("role"), Some(&FieldProblem::NotInList));
    }
}

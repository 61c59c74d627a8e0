//! The account on whose behalf a domain function runs.

use super::ClientAddress;
use crate::model::{DomainError, Language, Role, UserId, UserView};

/// An authenticated account that asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub id: UserId,
    /// The role that its permissions follow from.
    pub role: Role,
    /// The client's address; `None` for work that this process starts by itself, and in tests.
    pub address: Option<ClientAddress>,
    /// Whether the account is known to have a confirmed e-mail address. It may have one although this says
    /// no, since an access token keeps what was true when it was issued.
    pub email_confirmed: bool,
    /// The language in which the response to the request is read.
    pub language: Language,
}

impl Actor {
    /// Returns an actor without an address.
    #[must_use]
    pub fn new(id: UserId, role: Role) -> Self {
        Self {
            id,
            role,
            address: None,
            email_confirmed: false,
            language: Language::default(),
        }
    }

    /// Returns the same actor with another address.
    #[must_use]
    pub fn at(self, address: Option<ClientAddress>) -> Self {
        Self { address, ..self }
    }

    /// Returns the same actor, who reads another language.
    #[must_use]
    pub fn reading(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Checks that the actor has at least the role `least`.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the role is lower.
    pub fn must_be(self, least: Role) -> Result<(), DomainError> {
        if self.role >= least {
            Ok(())
        } else {
            Err(DomainError::Forbidden)
        }
    }

    /// Returns whether the actor owns something personal (a registration, a message) or is an
    /// administrator.
    #[must_use]
    pub fn owns(self, owner: UserId) -> bool {
        self.id == owner || self.role == Role::Admin
    }
}

impl From<&UserView> for Actor {
    fn from(user: &UserView) -> Self {
        Self {
            email_confirmed: user.email_confirmed,
            ..Self::new(user.id, user.role)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_belongs_to_its_owner_whatever_the_role() {
        let id = UserId::new();
        let owns = |role, owner| Actor::new(id, role).owns(owner);
        assert!(owns(Role::Participant, id));
        assert!(!owns(Role::Organizer, UserId::new()));
        assert!(owns(Role::Admin, UserId::new()));
    }
}

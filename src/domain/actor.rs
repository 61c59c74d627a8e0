//! Who asks.

use super::ClientAddress;
use crate::model::{DomainError, Role, UserId, UserView};

/// Somebody who proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
    /// Where they ask from; unknown for what this process does by itself, and in tests.
    pub address: Option<ClientAddress>,
}

impl Actor {
    /// Somebody with a role, from nowhere in particular.
    #[must_use]
    pub fn new(id: UserId, role: Role) -> Self {
        Self {
            id,
            role,
            address: None,
        }
    }

    /// The same, asking from `address`.
    #[must_use]
    pub fn at(self, address: Option<ClientAddress>) -> Self {
        Self { address, ..self }
    }

    /// Fine, if the role is at least `least`.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] if it is less.
    pub fn must_be(self, least: Role) -> Result<(), DomainError> {
        if self.role >= least {
            Ok(())
        } else {
            Err(DomainError::Forbidden)
        }
    }

    /// Fine, if they may act for `organizer`: see [`runs`](Self::runs).
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] if they may not.
    pub fn must_run(self, organizer: UserId) -> Result<(), DomainError> {
        if self.runs(organizer) {
            Ok(())
        } else {
            Err(DomainError::Forbidden)
        }
    }

    /// Whether they may see and change what `organizer` organizes: it is their own and they still are
    /// an organizer, or they run the installation. An account that lost the role keeps what it has as a
    /// participant, and nothing of what it organized.
    #[must_use]
    pub fn runs(self, organizer: UserId) -> bool {
        self.role == Role::Admin || (self.id == organizer && self.role >= Role::Organizer)
    }

    /// Whether something personal (a registration, a message) is theirs, or they run the installation.
    #[must_use]
    pub fn owns(self, owner: UserId) -> bool {
        self.id == owner || self.role == Role::Admin
    }
}

impl From<&UserView> for Actor {
    fn from(user: &UserView) -> Self {
        Self::new(user.id, user.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_organized_is_ones_own_as_long_as_one_is_an_organizer() {
        let id = UserId::new();
        let runs = |role, organizer| Actor::new(id, role).runs(organizer);
        assert!(runs(Role::Organizer, id));
        assert!(!runs(Role::Participant, id));
        assert!(!runs(Role::Organizer, UserId::new()));
        assert!(runs(Role::Admin, UserId::new()));
    }

    #[test]
    fn what_is_personal_stays_ones_own_whatever_the_role() {
        let id = UserId::new();
        let owns = |role, owner| Actor::new(id, role).owns(owner);
        assert!(owns(Role::Participant, id));
        assert!(!owns(Role::Organizer, UserId::new()));
        assert!(owns(Role::Admin, UserId::new()));
    }
}

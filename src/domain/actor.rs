//! Who asks.

use crate::model::{Refusal, Role, UserId, UserView};

/// Somebody who proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
}

impl Actor {
    /// Fine, if the role is at least `least`.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if it is less.
    pub fn must_be(self, least: Role) -> Result<(), Refusal> {
        if self.role >= least {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// Fine, if it is theirs or they run the installation.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if it is somebody else's.
    pub fn must_own(self, owner: UserId) -> Result<(), Refusal> {
        if self.owns(owner) {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// Whether it is theirs, or they run the installation.
    #[must_use]
    pub fn owns(self, owner: UserId) -> bool {
        self.id == owner || self.role == Role::Admin
    }
}

impl From<&UserView> for Actor {
    fn from(user: &UserView) -> Self {
        Self {
            id: user.id,
            role: user.role,
        }
    }
}

//! How participants reach an organizer: a contact that the organizer chooses, and never the e-mail address of the
//! account by itself.

use sea_orm::{EntityTrait, QueryFilter, prelude::*};

use super::{Actor, Result, audit::Audit, changes::Changes};
use crate::{
    model::{Contact, DomainError, Role},
    store::{Database, entity::user},
};

/// Reads and changes the contacts of organizers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OrganizerContacts {
    database: Database,
    audit: Audit,
    changes: Changes,
}

impl OrganizerContacts {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(database: Database, audit: Audit, changes: Changes) -> Self {
        Self {
            database,
            audit,
            changes,
        }
    }

    /// Returns the contact of the actor, if one was set.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn contact(&self, actor: Actor) -> Result<Option<Contact>> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.and_then(|row| row.contact).map(Contact::stored))
    }

    /// Sets or removes the contact of the actor. Pages show it from now on.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless the actor is an organizer.
    pub async fn set_contact(&self, actor: Actor, contact: Option<&Contact>) -> Result<()> {
        let allowed = actor.must_be(Role::Organizer);
        self.audit.access(actor, None, allowed).await?;
        if self.contact(actor).await?.as_ref() == contact {
            return Ok(());
        }
        let text = contact.map(|contact| contact.as_str().to_owned());
        let transaction = self.database.begin().await?;
        let updated = user::Entity::update_many()
            .col_expr(user::Column::Contact, Expr::value(text))
            .filter(user::Column::Id.eq(actor.id))
            .filter(user::Column::DisabledAt.is_null())
            .exec(&transaction)
            .await?;
        if updated.rows_affected == 0 {
            return Err(DomainError::Unauthenticated.into());
        }
        self.changes.commit_everything(transaction).await?;
        Ok(())
    }
}

//! Disabling an account, so that it can neither log in nor register, and enabling it again.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Accounts, Initiator, view};
use crate::{
    domain::Result,
    model::{AuditAction, DomainError, UserView},
    store::{
        audit,
        entity::user,
        sign_out::{self, KeptLogIn},
    },
};

impl Accounts {
    /// Disables an account and ends all its sessions and tokens, or enables it again.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if no account has the address.
    pub async fn set_disabled(
        &self,
        email: &str,
        disabled: bool,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let email = email.trim().to_lowercase();
        let row = self.by_email(&email).await?.ok_or(DomainError::NotFound)?;
        let action = if disabled {
            AuditAction::AccountDisable
        } else {
            AuditAction::AccountEnable
        };
        let event = by.event(action, None).on(Some(row.id));
        let record = self.guard.audit.record(event);
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        user::Entity::update_many()
            .col_expr(
                user::Column::DisabledAt,
                Expr::value(disabled.then_some(now)),
            )
            .filter(user::Column::Id.eq(row.id))
            .exec(&transaction)
            .await?;
        let ended = sign_out::everywhere(&transaction, row.id, &KeptLogIn::None, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.forget(row.id, ended).await?;
        Ok(view(row))
    }
}

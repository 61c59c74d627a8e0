//! What administrators and operators do to other accounts: another role, disabling and enabling, ending all log-ins,
//! and confirming the e-mail address.
//!
//! An administrator can't take the role from the last administrator, nor disable that account, and its owner can't
//! delete it (`account_deletion.rs`), so the installation
//! always has somebody who can log in and undo a change. Two administrators who do this to each other at the same
//! moment take turns: each first locks the rows of all administrators, in one order, and looks again. An operator at
//! the command line may do it, since the command line also creates administrators.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::json;

use super::{
    Accounts, Initiator,
    directory::{DELETED_DOMAIN, account_view},
    view,
};
use crate::{
    domain::{Actor, Result, administrators},
    model::{AccountView, AuditAction, DomainError, Role, UserId, UserView, forms::AccountChange},
    store::{
        audit, auth_epoch,
        entity::user,
        sign_out::{self, KeptLogIn},
    },
};

impl AccountChange {
    /// Returns whether an account is no administrator who can log in, once it has been changed.
    fn takes_administration_away(self) -> bool {
        self.role.is_some_and(|role| role != Role::Admin) || self.disabled == Some(true)
    }
}

impl Accounts {
    /// Changes an account's role, for the command line. It takes effect at once, since the account is
    /// read from the database for everything that needs a role.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if no account has the address.
    pub async fn set_role(&self, email: &str, role: Role, by: Initiator<'_>) -> Result<UserView> {
        let change = AccountChange {
            role: Some(role),
            disabled: None,
        };
        self.change_by_email(email, change, by).await
    }

    /// Disables an account and ends all its sessions and tokens, or enables it again, for the command line.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if no account has the address.
    pub async fn set_disabled(
        &self,
        email: &str,
        disabled: bool,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let change = AccountChange {
            role: None,
            disabled: Some(disabled),
        };
        self.change_by_email(email, change, by).await
    }

    async fn change_by_email(
        &self,
        email: &str,
        change: AccountChange,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let email = email.trim().to_lowercase();
        let row = self.by_email(&email).await?.ok_or(DomainError::NotFound)?;
        Ok(view(self.change_account(row.id, change, by).await?))
    }

    /// Changes the role of an account, disables it or enables it, as an administrator. A new role takes effect at
    /// once; disabling ends all sessions and tokens of the account.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment,
    /// [`DomainError::NotFound`] if there is no such account, or it was deleted, and
    /// [`DomainError::LastAdministrator`] if no administrator who can log in would be left.
    pub async fn administer(
        &self,
        actor: Actor,
        id: UserId,
        change: AccountChange,
    ) -> Result<AccountView> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let changed = self.change_account(id, change, Initiator::Admin(actor));
        Ok(account_view(changed.await?))
    }

    /// Changes an account and writes its audit records in one transaction. What is as wanted already is neither
    /// written nor recorded.
    async fn change_account(
        &self,
        id: UserId,
        change: AccountChange,
        by: Initiator<'_>,
    ) -> Result<user::Model> {
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        let present = match by {
            Initiator::Admin(actor) => {
                let administrators = administrators::lock(&transaction).await?;
                if !administrators.contains(&actor.id) {
                    // Another administrator was faster.
                    return Err(DomainError::Forbidden.into());
                }
                Some(administrators)
            }
            Initiator::Client(_) | Initiator::Operator(_) => None,
        };
        auth_epoch::lock(&transaction, id).await?;
        let row = user::Entity::find_by_id(id).one(&transaction).await?;
        let row = row.ok_or(DomainError::NotFound)?;
        if let Some(present) = present {
            if is_deleted(&row) {
                return Err(DomainError::NotFound.into());
            }
            if change.takes_administration_away() && present == [id] {
                return Err(DomainError::LastAdministrator.into());
            }
        }
        let role = change.role.filter(|role| *role != row.role);
        let disabled = change
            .disabled
            .filter(|disabled| *disabled != row.disabled_at.is_some());
        if role.is_none() && disabled.is_none() {
            transaction.rollback().await?;
            return Ok(row);
        }
        let record = |action, detail| {
            let event = by.event(action, None).on(Some(id));
            self.guard.audit.record(event.with(detail))
        };
        let mut records = Vec::new();
        let (from, mut ended) = (row.role, None);
        let mut row = row.into_active_model();
        row.updated_at = Set(now);
        if let Some(role) = role {
            auth_epoch::raise(&transaction, id).await?;
            row.role = Set(role);
            let detail = json!({ "from": from, "to": role });
            records.extend(record(AuditAction::RoleChange, detail));
        }
        if let Some(disabled) = disabled {
            ended = Some(sign_out::everywhere(&transaction, id, &KeptLogIn::None, now).await?);
            row.disabled_at = Set(disabled.then_some(now));
            let action = match disabled {
                true => AuditAction::AccountDisable,
                false => AuditAction::AccountEnable,
            };
            records.extend(record(action, json!({})));
        }
        let row = row.update(&transaction).await?;
        audit::write(&transaction, &records).await?;
        // A disabled organizer has no public page, and no contact.
        match self.changes.as_ref().filter(|_| disabled.is_some()) {
            Some(changes) => changes.commit_everything(transaction).await?,
            None => transaction.commit().await?,
        }
        audit::log_records(&records);
        if let Some(ended) = ended {
            self.forget(id, ended).await?;
        }
        Ok(row)
    }

    /// Ends all sessions and tokens of an account, as an administrator.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if there is no such account.
    pub async fn sign_out_by_administrator(&self, actor: Actor, id: UserId) -> Result<()> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let event = Initiator::Admin(actor).event(AuditAction::LogOut, None);
        let event = event.on(Some(id)).with(json!({ "which": "all" }));
        let record = self.guard.audit.record(event);
        let transaction = self.database.begin().await?;
        if !auth_epoch::lock(&transaction, id).await? {
            return Err(DomainError::NotFound.into());
        }
        let now = self.clock.now();
        let ended = sign_out::everywhere(&transaction, id, &KeptLogIn::None, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(self.forget(id, ended).await?)
    }

    /// Confirms the present e-mail address of an account, as an administrator who knows that it is right. Does
    /// nothing if it is confirmed.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if there is no such account, or it was deleted.
    pub async fn confirm_email_by_administrator(&self, actor: Actor, id: UserId) -> Result<()> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let event = Initiator::Admin(actor).event(AuditAction::EmailConfirm, None);
        let record = self.guard.audit.record(event.on(Some(id)));
        let transaction = self.database.begin().await?;
        auth_epoch::lock(&transaction, id).await?;
        let row = user::Entity::find_by_id(id).one(&transaction).await?;
        let row = row.filter(|row| !is_deleted(row));
        let row = row.ok_or(DomainError::NotFound)?;
        if row.email_confirmed {
            transaction.rollback().await?;
            return Ok(());
        }
        let mut row = row.into_active_model();
        row.email_confirmed = Set(true);
        row.updated_at = Set(self.clock.now());
        row.update(&transaction).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }
}

/// Returns whether the owner has deleted the account.
fn is_deleted(row: &user::Model) -> bool {
    row.email.ends_with(DELETED_DOMAIN)
}

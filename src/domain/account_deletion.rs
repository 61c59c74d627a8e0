//! Deleting an account at the wish of its owner.
//!
//! | when | what |
//! | --- | --- |
//! | at once, in one transaction | the name, the e-mail address, the password, all answers, messages, certificates and webhooks are gone; every session and token ends; the account is disabled |
//! | in a job, which is tried until it succeeds | registrations for competitions that have not started are cancelled, so that their seats go to the waitlist |
//! | never | registrations for competitions that have started: the numbers of their organizers stay true, and they name nobody |
//!
//! An account that organizes a competition which has not ended is not deleted: people rely on it. Its owner
//! cancels the competition first, or asks an administrator to give it to somebody else. The last administrator who can
//! log in is not deleted either: nobody could undo a change.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType, Query},
};
use serde::{Deserialize, Serialize};

use super::{
    Actor, Error, Result,
    accounts::{Accounts, DELETED_DOMAIN, Origin, second_factor},
    administrators,
    audit::{Audit, AuditEvent},
    certificates,
    changes::Changes,
    competitions,
    registration::Registrations,
    staff, webhooks,
};
use crate::{
    jobs::{
        Effect, Failure, Job, JobKind, Queues,
        outbox::{self, NewJob, Outbox},
    },
    model::{
        AuditAction, AuditOutcome, CompetitionId, CompetitionStatus, DELETED_ACCOUNT_NAME,
        DomainError, RegistrationId, Role, UserId, forms::ConfirmPasswordForm,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, Transaction, audit,
        entity::{
            code, competition, message, opening_reminder, organizer_request, push_subscription,
            registration, registration_note, user,
        },
        results,
        sign_out::{self, KeptLogIn},
    },
};

/// The kind of the jobs that cancel the registrations of a deleted account.
pub const KIND: JobKind = JobKind::new("account-deletion", Queues::REGISTRATION);
/// The most registrations that one job cancels; the rest follows in the next one.
const AT_ONCE: u64 = 200;

/// Deletes accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccountDeletion {
    database: Database,
    clock: Clock,
    accounts: Accounts,
    outbox: Outbox,
    audit: Audit,
    changes: Changes,
}

impl AccountDeletion {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        accounts: Accounts,
        outbox: Outbox,
        audit: Audit,
        changes: Changes,
    ) -> Self {
        Self {
            database,
            clock,
            accounts,
            outbox,
            audit,
            changes,
        }
    }

    /// Deletes the actor's account.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`] if the password is wrong,
    /// [`DomainError::OrganizesCompetitions`], [`DomainError::LastAdministrator`] if no administrator who can log in would
    /// be left, or [`DomainError::TooManyRequests`].
    pub async fn delete(
        &self,
        actor: Actor,
        form: &ConfirmPasswordForm,
        origin: &Origin,
    ) -> Result<()> {
        self.accounts.confirm_password(actor, form, origin).await?;
        let now = self.clock.now();
        let event = AuditEvent::by(actor, AuditAction::AccountDelete, AuditOutcome::Done);
        let record = self.audit.record(event.on(Some(actor.id)));
        let job = job(actor.id);
        let transaction = self.database.begin().await?;
        // The name is shown with competitions of the past. Their rows are locked first, as registrations do.
        competitions::organizer_renamed(&transaction, actor.id).await?;
        if actor.role == Role::Admin && administrators::lock(&transaction).await? == [actor.id] {
            return Err(DomainError::LastAdministrator.into());
        }
        lock_out(&transaction, actor.id).await?;
        let address: Option<(String, bool)> = user::Entity::find_by_id(actor.id)
            .select_only()
            .columns([user::Column::Email, user::Column::EmailConfirmed])
            .into_tuple()
            .one(&transaction)
            .await?;
        if organizes(&transaction, actor.id, now).await? {
            return Err(DomainError::OrganizesCompetitions.into());
        }
        let ended = sign_out::everywhere(&transaction, actor.id, &KeptLogIn::None, now).await?;
        user::Entity::update_many()
            .col_expr(user::Column::Name, Expr::value(DELETED_ACCOUNT_NAME))
            .col_expr(
                user::Column::Email,
                Expr::value(format!("{}{DELETED_DOMAIN}", actor.id)),
            )
            .col_expr(user::Column::EmailConfirmed, Expr::value(false))
            .col_expr(user::Column::PendingEmail, Expr::value(None::<String>))
            .col_expr(user::Column::Contact, Expr::value(None::<String>))
            .col_expr(user::Column::PasswordHash, Expr::value("!"))
            .col_expr(user::Column::Role, Expr::value(Role::Participant.as_str()))
            .col_expr(user::Column::Reminders, Expr::value(false))
            .col_expr(user::Column::OpeningReminders, Expr::value(false))
            .col_expr(user::Column::Announcements, Expr::value(false))
            .col_expr(user::Column::TimeZone, Expr::value(None::<String>))
            .col_expr(user::Column::DisabledAt, Expr::value(now))
            .col_expr(user::Column::UpdatedAt, Expr::value(now))
            .filter(user::Column::Id.eq(actor.id))
            .exec(&transaction)
            .await?;
        second_factor::delete(&transaction, actor.id).await?;
        message::Entity::delete_many()
            .filter(message::Column::UserId.eq(actor.id))
            .exec(&transaction)
            .await?;
        let (email, is_confirmed) = address.unwrap_or_default();
        // Anybody can sign up with the address of somebody else.
        if is_confirmed {
            forget_address_of_codes(&transaction, actor.id, &email).await?;
        }
        staff::delete_of(&transaction, actor.id, &email).await?;
        webhooks::delete_of(&transaction, actor.id).await?;
        certificates::delete_of(&transaction, actor.id).await?;
        organizer_request::Entity::delete_by_id(actor.id)
            .exec(&transaction)
            .await?;
        opening_reminder::Entity::delete_many()
            .filter(opening_reminder::Column::UserId.eq(actor.id))
            .exec(&transaction)
            .await?;
        registration::Entity::update_many()
            .col_expr(
                registration::Column::Answers,
                Expr::value(None::<serde_json::Value>),
            )
            .filter(registration::Column::UserId.eq(actor.id))
            .filter(registration::Column::Answers.is_not_null())
            .exec(&transaction)
            .await?;
        let registrations = Query::select()
            .column(registration::Column::Id)
            .from(registration::Entity)
            .and_where(registration::Column::UserId.eq(actor.id))
            .to_owned();
        registration_note::Entity::delete_many()
            .filter(registration_note::Column::RegistrationId.in_subquery(registrations))
            .exec(&transaction)
            .await?;
        results::erase_notes(&transaction, actor.id).await?;
        // Those of sessions are gone already.
        push_subscription::Entity::delete_many()
            .filter(push_subscription::Column::UserId.eq(actor.id))
            .exec(&transaction)
            .await?;
        outbox::write(&transaction, std::slice::from_ref(&job), now).await?;
        audit::write(&transaction, &record).await?;
        self.changes.commit_everything(transaction).await?;
        audit::log_records(&record);
        self.accounts.forget(actor.id, ended).await?;
        self.outbox.committed(&[job]).await;
        Ok(())
    }
}

/// Locks the row of an account until the transaction ends, also against rows that refer to it. A registration
/// that was decided before is committed before, so that the job finds it; a later one finds the account
/// disabled.
async fn lock_out<C: ConnectionTrait>(transaction: &C, account: UserId) -> Result<()> {
    user::Entity::find_by_id(account)
        .select_only()
        .column(user::Column::Id)
        .lock(LockType::Update)
        .into_tuple::<UserId>()
        .one(transaction)
        .await?;
    Ok(())
}

/// Returns whether an account organizes a published competition that has not ended.
async fn organizes<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    now: DateTime<Utc>,
) -> Result<bool> {
    use competition::Column;
    let not_ended = Condition::any()
        .add(Column::StartsAt.gt(now))
        .add(Column::EndsAt.gt(now));
    let found: Option<CompetitionId> = competition::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::OrganizerId.eq(account))
        .filter(Column::Status.eq(CompetitionStatus::Published))
        .filter(Column::DeletedAt.is_null())
        .filter(not_ended)
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(found.is_some())
}

/// The payload of a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountDeletionPayload {
    account: UserId,
}

fn job(account: UserId) -> NewJob {
    NewJob::new(KIND, account.0, serde_json::json!({ "account": account }))
}

/// The effect that cancels the registrations of a deleted account. Cancelling twice is no error, so a job
/// that was interrupted begins again.
#[derive(Debug, Clone)]
pub struct RegistrationsOfDeletedAccount {
    database: Database,
    registrations: Registrations,
}

impl RegistrationsOfDeletedAccount {
    /// Creates the effect over a database.
    #[must_use]
    pub fn new(database: Database, registrations: Registrations) -> Self {
        Self {
            database,
            registrations,
        }
    }

    /// Cancels the next registrations. Returns whether there were any.
    async fn cancel_some(&self, account: UserId, now: DateTime<Utc>) -> Result<bool> {
        let live: Vec<RegistrationId> = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .inner_join(competition::Entity)
            .filter(registration::Column::UserId.eq(account))
            .filter(registration::is_live())
            .filter(competition::Column::StartsAt.gt(now))
            .filter(competition::Column::Status.ne(CompetitionStatus::Cancelled))
            .limit(AT_ONCE)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let actor = Actor::new(account, Role::Participant);
        for id in &live {
            match self.registrations.cancel(actor, *id).await {
                // Deleted with its competition meanwhile.
                Ok(()) | Err(Error::Domain(DomainError::NotFound)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(!live.is_empty())
    }
}

#[async_trait]
impl Effect for RegistrationsOfDeletedAccount {
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: AccountDeletionPayload = job.read()?;
        let transient = |error: Error| Failure::Transient(error.to_string());
        while self
            .cancel_some(payload.account, now)
            .await
            .map_err(transient)?
        {}
        Ok(true)
    }
}

/// Takes an address out of the codes that are for it. Nobody registers with them: nobody can have the address that is left.
async fn forget_address_of_codes(
    transaction: &Transaction,
    id: UserId,
    email: &str,
) -> Result<(), InfrastructureError> {
    let nobody = format!("{id}{DELETED_DOMAIN}");
    code::Entity::update_many()
        .col_expr(code::Column::Email, Expr::value(nobody))
        .filter(code::Column::Email.eq(email))
        .exec(transaction)
        .await?;
    Ok(())
}
